// The decode kernels in plain C, for tests of the engine: D, NH, NKV, DH, I, VOCAB, CAP, BIAS, BN and the element
// types of norms (G) and cache (KV) are defined on the command line. Arguments are in the manifest's order.
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;
#define QD (NH * DH)
#define KVD (NKV * DH)
#define HALF (DH / 2)
#define KERNEL(name) void name(const void *const *a, uint64_t first, uint64_t last, uint8_t *scratch)
#define EACH (void)scratch; for (uint64_t p = first; p < last; p++)

static inline float bf_get(bf16 x) { uint32_t u = (uint32_t)x << 16; float f; memcpy(&f, &u, 4); return f; }
static inline bf16 bf_put(float f) { uint32_t u; memcpy(&u, &f, 4); return (u + 0x7FFF + (u >> 16 & 1)) >> 16; }
static inline float f32_get(float x) { return x; }
static inline float f32_put(float x) { return x; }
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#if G_BF16
#define G bf16
#define G_GET bf_get
#else
#define G float
#define G_GET f32_get
#endif
#if KV_BF16
#define KV bf16
#define KV_GET bf_get
#define KV_PUT bf_put
#else
#define KV float
#define KV_GET f32_get
#define KV_PUT f32_put
#endif

static inline float dot(const float *x, const bf16 *w, int n) {
    float sum[16] = {0};
    int i = 0;
    for (; i + 16 <= n; i += 16)
        for (int l = 0; l < 16; l++) sum[l] += x[i + l] * bf_get(w[i + l]);
    for (; i < n; i++) sum[0] += x[i] * bf_get(w[i]);
    float total = 0;
    for (int l = 0; l < 16; l++) total += sum[l];
    return total;
}

KERNEL(embedding) {
    const bf16 *table = a[0]; uint32_t token = *(const uint32_t *)a[1]; float *out = (float *)a[2];
    EACH for (int i = 0; i < D; i++) out[i] = bf_get(table[(uint64_t)token * D + i]);
}
KERNEL(norm) {
    const float *x = a[0]; const G *gamma = a[1]; float eps = *(const float *)a[2]; float *out = (float *)a[3];
    EACH {
        float sum = 0;
        for (int i = 0; i < D; i++) sum += x[i] * x[i];
        float scale = 1 / sqrtf(sum / D + eps);
        for (int i = 0; i < D; i++) out[i] = x[i] * scale * G_GET(gamma[i]);
    }
}
KERNEL(q_proj) {
    const float *x = a[0]; const bf16 *w = a[1];
#if BIAS
    const bf16 *bias = a[2]; float *out = (float *)a[3];
#else
    float *out = (float *)a[2];
#endif
    EACH for (uint64_t n = p * BN; n < (p + 1) * BN && n < QD; n++) {
        out[n] = dot(x, w + n * D, D);
#if BIAS
        out[n] += bf_get(bias[n]);
#endif
    }
}
KERNEL(kv_proj) {
    const float *x = a[0]; const bf16 *kw = a[1], *vw = a[2];
    int at = 3;
#if BIAS
    const bf16 *kb = a[at++], *vb = a[at++];
#endif
    KV *k = (KV *)a[at++], *v = (KV *)a[at++]; uint64_t position = *(const uint32_t *)a[at];
    EACH for (uint64_t n = p * BN; n < (p + 1) * BN && n < KVD; n++) {
        float kn = dot(x, kw + n * D, D), vn = dot(x, vw + n * D, D);
#if BIAS
        kn += bf_get(kb[n]); vn += bf_get(vb[n]);
#endif
        k[position * KVD + n] = KV_PUT(kn); v[position * KVD + n] = KV_PUT(vn);
    }
}
KERNEL(rope_q) {
    float *q = (float *)a[0]; uint64_t position = *(const uint32_t *)a[3];
    const float *c = (const float *)a[1] + position * HALF, *s = (const float *)a[2] + position * HALF;
    EACH for (int i = 0; i < HALF; i++) {
        float *x = q + p * DH + i, low = x[0], high = x[HALF];
        x[0] = low * c[i] - high * s[i]; x[HALF] = high * c[i] + low * s[i];
    }
}
KERNEL(rope_k) {
    uint64_t position = *(const uint32_t *)a[3]; KV *k = (KV *)a[0] + position * KVD;
    const float *c = (const float *)a[1] + position * HALF, *s = (const float *)a[2] + position * HALF;
    EACH for (int i = 0; i < HALF; i++) {
        KV *x = k + p * DH + i; float low = KV_GET(x[0]), high = KV_GET(x[HALF]);
        x[0] = KV_PUT(low * c[i] - high * s[i]); x[HALF] = KV_PUT(high * c[i] + low * s[i]);
    }
}
KERNEL(attention) {
    const float *q = a[0]; const KV *k = a[1], *v = a[2]; float *out = (float *)a[3];
    uint64_t position = *(const uint32_t *)a[4];
    float *score = (float *)scratch;
    EACH {
        uint64_t column = p / (NH / NKV) * DH;
        float largest = -INFINITY, total = 0;
        for (uint64_t t = 0; t <= position; t++) {
            float sum = 0;
            for (int i = 0; i < DH; i++) sum += q[p * DH + i] * KV_GET(k[t * KVD + column + i]);
            score[t] = sum / sqrtf(DH);
            if (score[t] > largest) largest = score[t];
        }
        for (uint64_t t = 0; t <= position; t++) total += score[t] = expf(score[t] - largest);
        for (int i = 0; i < DH; i++) out[p * DH + i] = 0;
        for (uint64_t t = 0; t <= position; t++)
            for (int i = 0; i < DH; i++) out[p * DH + i] += score[t] / total * KV_GET(v[t * KVD + column + i]);
    }
}
static inline void residual(const void *const *a, uint64_t first, uint64_t last, int k) {
    const float *x = a[0]; const bf16 *w = a[1]; float *hidden = (float *)a[2];
    for (uint64_t n = first * BN; n < last * BN && n < D; n++) hidden[n] += dot(x, w + n * k, k);
}
KERNEL(o_proj) { (void)scratch; residual(a, first, last, QD); }
KERNEL(down_proj) { (void)scratch; residual(a, first, last, I); }
KERNEL(gate_up) {
    const float *x = a[0]; const bf16 *gw = a[1], *uw = a[2]; float *out = (float *)a[3];
    EACH for (uint64_t n = p * BN; n < (p + 1) * BN && n < I; n++) {
        float gate = dot(x, gw + n * D, D), up = dot(x, uw + n * D, D);
        out[n] = gate / (1 + expf(-gate)) * up;
    }
}
KERNEL(lm_head) {
    const float *x = a[0]; const bf16 *w = a[1]; float *out = (float *)a[2];
    EACH for (uint64_t n = p * BN; n < (p + 1) * BN && n < VOCAB; n++) out[n] = dot(x, w + n * D, D);
}
KERNEL(argmax) {
    const float *x = a[0]; uint32_t *out = (uint32_t *)a[1];
    EACH {
        uint32_t best = 0;
        for (uint32_t i = 1; i < VOCAB; i++) if (x[i] > x[best]) best = i;
        *out = best;
    }
}
