// The time floor of a decode step built from five plain kernels per layer, with the shapes of DeepSeek-R1-Distill-Qwen-1.5B
// and random weights: no rotation, no bias, no argmax, and nobody checks the numbers. It answers one question: how fast can
// a CUDA graph of kernels be in which each block asks for all its weights at once, by bulk copies into shared memory, before
// it waits for the kernel in front of it? The compiler's own kernels are measured against it (docs/performance.md).
//
//   nvcc -O3 -std=c++17 -arch=sm_90 decode_chain.cu -o decode_chain && ./decode_chain
//
// Rows of weights per block are macros: QKV_ROWS, O_ROWS, GATE_ROWS (pairs), DOWN_ROWS, HEAD_ROWS.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#ifndef QKV_ROWS
#define QKV_ROWS 16
#endif
#ifndef O_ROWS
#define O_ROWS 12
#endif
#ifndef GATE_ROWS
#define GATE_ROWS 8
#endif
#ifndef DOWN_ROWS
#define DOWN_ROWS 6
#endif
#ifndef HEAD_ROWS
#define HEAD_ROWS 16
#endif

using bf16 = unsigned short;

constexpr int LAYERS = 28, HIDDEN = 1536, MLP = 8960, VOCAB = 151936, QKV = 2048, HEADS = 12, KV = 256, CAPACITY = 4096;

__device__ float low(unsigned bits) { return __uint_as_float(bits << 16); }
__device__ float high(unsigned bits) { return __uint_as_float(bits & 0xffff0000u); }

__device__ unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ void trigger() { asm volatile("griddepcontrol.launch_dependents;"); }
__device__ void wait_for_predecessor() { asm volatile("griddepcontrol.wait;" ::: "memory"); }

__device__ void expect(unsigned long long* barrier, unsigned bytes) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(shared_address(barrier)));
    asm volatile("fence.mbarrier_init.release.cluster;");
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes));
}

__device__ void bulk_copy(void* to, const void* from, unsigned bytes, unsigned long long* barrier) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     shared_address(to)),
                 "l"(from), "r"(bytes), "r"(shared_address(barrier))
                 : "memory");
}

__device__ void wait_for_copy(unsigned long long* barrier) {
    asm volatile(
        "{ .reg .pred done;\n again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], 0;\n @!done bra again; }" ::"r"(
            shared_address(barrier))
        : "memory");
}

__device__ float warp_sum(float value) {
    for (int delta = 16; delta; delta /= 2) value += __shfl_xor_sync(~0u, value, delta);
    return value;
}

enum Epilogue { STORE, ADD, GATED };

// ROWS outputs per block. WK warps share the terms of a row, WR groups of such warps share the rows.
template <int K, int ROWS, int WK, int WR, bool NORM, Epilogue EPILOGUE>
__global__ void __launch_bounds__(WK* WR * 32)
    matvec(const float* x, const bf16* gamma, const bf16* weight, const bf16* weight2, float* out) {
    constexpr int STEPS = K / 256 / WK, MATRICES = EPILOGUE == GATED ? 2 : 1, MINE = ROWS / WR;
    extern __shared__ __align__(128) bf16 staged[];
    __shared__ unsigned long long arrived;
    __shared__ float partial[MATRICES][ROWS][WK], squares[WR][WK];
    const int tid = threadIdx.x, lane = tid % 32, wk = tid / 32 % WK, wr = tid / 32 / WK;
    const size_t first = (size_t)blockIdx.x * ROWS;
    if (tid == 0) {
        expect(&arrived, MATRICES * ROWS * K * 2);
        bulk_copy(staged, weight + first * K, ROWS * K * 2, &arrived);
        if (MATRICES == 2) bulk_copy(staged + ROWS * K, weight2 + first * K, ROWS * K * 2, &arrived);
    }
    trigger();
    float scale[STEPS * 8], value[STEPS * 8];
    if (NORM) {
#pragma unroll
        for (int i = 0; i < STEPS; i++) {
            const uint4 bits = *(const uint4*)&gamma[(wk * STEPS + i) * 256 + lane * 8];
            const unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
            for (int j = 0; j < 4; j++) scale[i * 8 + 2 * j] = low(words[j]), scale[i * 8 + 2 * j + 1] = high(words[j]);
        }
    }
    __syncthreads();
    wait_for_predecessor();
#pragma unroll
    for (int i = 0; i < STEPS; i++) {
        const float* from = &x[(wk * STEPS + i) * 256 + lane * 8];
        *(float4*)&value[i * 8] = *(const float4*)from;
        *(float4*)&value[i * 8 + 4] = *(const float4*)(from + 4);
    }
    if (NORM) {
        float sum = 0;
#pragma unroll
        for (int i = 0; i < STEPS * 8; i++) sum += value[i] * value[i];
        sum = warp_sum(sum);
        if (lane == 0) squares[wr][wk] = sum;
        __syncthreads();
        sum = 0;
        for (int i = 0; i < WK; i++) sum += squares[wr][i];
        const float root = rsqrtf(sum / K + 1e-6f);
#pragma unroll
        for (int i = 0; i < STEPS * 8; i++) value[i] *= root * scale[i];
    }
    wait_for_copy(&arrived);
    float sums[MATRICES][MINE];
#pragma unroll
    for (int m = 0; m < MATRICES; m++)
#pragma unroll
        for (int r = 0; r < MINE; r++) {
            float even = 0, odd = 0;
#pragma unroll
            for (int i = 0; i < STEPS; i++) {
                const uint4 bits = *(const uint4*)&staged[(m * ROWS + wr * MINE + r) * K + (wk * STEPS + i) * 256 + lane * 8];
                const unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    even = fmaf(value[i * 8 + 2 * j], low(words[j]), even);
                    odd = fmaf(value[i * 8 + 2 * j + 1], high(words[j]), odd);
                }
            }
            sums[m][r] = even + odd;
        }
#pragma unroll
    for (int m = 0; m < MATRICES; m++)
#pragma unroll
        for (int r = 0; r < MINE; r++) {
            const float sum = warp_sum(sums[m][r]);
            if (lane == 0) partial[m][wr * MINE + r][wk] = sum;
        }
    __syncthreads();
    if (tid < ROWS) {
        float sum = 0, up = 0;
        for (int i = 0; i < WK; i++) sum += partial[0][tid][i];
        if (MATRICES == 2)
            for (int i = 0; i < WK; i++) up += partial[MATRICES - 1][tid][i];
        if (EPILOGUE == GATED) sum = sum / (1 + __expf(-sum)) * up;
        if (EPILOGUE == ADD) out[first + tid] += sum;
        if (EPILOGUE != ADD) out[first + tid] = sum;
    }
}

__device__ uint2 load8(const void* p) {
    uint2 bits;
    asm volatile("ld.global.v2.u32 {%0, %1}, [%2];" : "=r"(bits.x), "=r"(bits.y) : "l"(p));
    return bits;
}

// One query head per block, eight positions per warp at a time; the first ones are asked for before the wait.
__global__ void __launch_bounds__(512)
    attention(const float* q, const bf16* keys, const bf16* values, float* out, int length) {
    __shared__ float largest[16], total[16], sums[16][128];
    const int tid = threadIdx.x, lane = tid % 32, warp = tid / 32, head = blockIdx.x;
    const int column = head / 6 * 128 + lane * 4;
    uint2 k[8], v[8];
    int at = warp * 8;
    trigger();
#pragma unroll
    for (int u = 0; u < 8; u++) k[u] = load8(&keys[(size_t)(at + u) * KV + column]);
#pragma unroll
    for (int u = 0; u < 8; u++) v[u] = load8(&values[(size_t)(at + u) * KV + column]);
    wait_for_predecessor();
    const float4 query = *(const float4*)&q[head * 128 + lane * 4];
    float top = -1e30f, weight = 0, sum[4] = {};
    while (at < length) {
        float score[8], next = top;
#pragma unroll
        for (int u = 0; u < 8; u++) {
            score[u] = query.x * low(k[u].x) + query.y * high(k[u].x) + query.z * low(k[u].y) + query.w * high(k[u].y);
            score[u] = warp_sum(score[u]) * 0.088388346f;
            next = fmaxf(next, score[u]);
        }
        const float keep = __expf(top - next);
        weight *= keep;
        for (int i = 0; i < 4; i++) sum[i] *= keep;
        top = next;
#pragma unroll
        for (int u = 0; u < 8; u++) {
            const float e = __expf(score[u] - top);
            weight += e;
            sum[0] += e * low(v[u].x), sum[1] += e * high(v[u].x), sum[2] += e * low(v[u].y), sum[3] += e * high(v[u].y);
        }
        at += 128;
        if (at < length) {
#pragma unroll
            for (int u = 0; u < 8; u++) k[u] = load8(&keys[(size_t)(at + u) * KV + column]);
#pragma unroll
            for (int u = 0; u < 8; u++) v[u] = load8(&values[(size_t)(at + u) * KV + column]);
        }
    }
    *(float4*)&sums[warp][lane * 4] = make_float4(sum[0], sum[1], sum[2], sum[3]);
    if (lane == 0) largest[warp] = top, total[warp] = weight;
    __syncthreads();
    if (tid < 128) {
        float all = -1e30f, numerator = 0, denominator = 0;
        for (int i = 0; i < 16; i++) all = fmaxf(all, largest[i]);
        for (int i = 0; i < 16; i++) {
            const float keep = __expf(largest[i] - all);
            numerator += sums[i][tid] * keep, denominator += total[i] * keep;
        }
        out[head * 128 + tid] = numerator / denominator;
    }
}

__global__ void fill(bf16* to, size_t count, unsigned seed) {
    for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < count; i += (size_t)gridDim.x * blockDim.x) {
        unsigned hash = ((unsigned)i + seed) * 2654435761u;
        hash = (hash ^ hash >> 15) * 2246822519u;
        to[i] = (bf16)(0x3c00 | ((hash ^ hash >> 13) & 0x80ff));  // about 0.01, either sign
    }
}

__global__ void read_all(const uint4* from, size_t count, unsigned* out) {
    const size_t stride = (size_t)gridDim.x * blockDim.x;
    unsigned mix = 0;
    for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i + 7 * stride < count; i += 8 * stride) {
        uint4 bits[8];
#pragma unroll
        for (int j = 0; j < 8; j++) bits[j] = __ldcs(&from[i + j * stride]);
#pragma unroll
        for (int j = 0; j < 8; j++) mix ^= bits[j].x ^ bits[j].y ^ bits[j].z ^ bits[j].w;
    }
    if (mix == 1) *out = mix;
}

static void check(cudaError_t error, const char* what) {
    if (error != cudaSuccess) {
        fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
        exit(1);
    }
}

template <class T> static T* device(size_t count) {
    T* p = nullptr;
    check(cudaMalloc(&p, count * sizeof(T)), "cudaMalloc");
    check(cudaMemset(p, 0, count * sizeof(T)), "cudaMemset");
    return p;
}

static bool dependent = false;

template <class... Args>
static void launch(cudaStream_t stream, void (*kernel)(Args...), int grid, int threads, int bytes, Args... args) {
    cudaLaunchAttribute attribute;
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = grid, config.blockDim = threads, config.dynamicSmemBytes = bytes, config.stream = stream;
    config.attrs = &attribute, config.numAttrs = dependent;
    check(cudaFuncSetAttribute((const void*)kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "shared memory");
    check(cudaLaunchKernelEx(&config, kernel, args...), "launch");
}

int main() {
    const size_t qkv = (size_t)QKV * HIDDEN, o = (size_t)HIDDEN * HIDDEN, mlp = (size_t)MLP * HIDDEN;
    const size_t layer = qkv + o + 3 * mlp, head = (size_t)VOCAB * HIDDEN, all = layer * LAYERS + head;
    const size_t cache = (size_t)CAPACITY * KV;
    bf16 *weights = device<bf16>(all), *keys = device<bf16>(LAYERS * cache), *values = device<bf16>(LAYERS * cache);
    bf16* gamma = device<bf16>(HIDDEN);
    float *hidden = device<float>(HIDDEN), *q = device<float>(QKV), *attended = device<float>(HIDDEN);
    float *gated = device<float>(MLP), *logits = device<float>(VOCAB);
    unsigned* sink = device<unsigned>(1);
    fill<<<1024, 256>>>(weights, all, 1);
    fill<<<1024, 256>>>(keys, LAYERS * cache, 2);
    fill<<<1024, 256>>>(values, LAYERS * cache, 3);
    fill<<<4, 256>>>(gamma, HIDDEN, 4);
    cudaStream_t stream;
    cudaEvent_t start, stop;
    check(cudaStreamCreate(&stream), "stream");
    check(cudaEventCreate(&start), "event");
    check(cudaEventCreate(&stop), "event");
    auto median = [&](int runs, auto run) {
        std::vector<float> times;
        for (int i = 0; i < runs + runs / 5; i++) {
            float ms;
            cudaEventRecord(start, stream);
            run();
            cudaEventRecord(stop, stream);
            check(cudaEventSynchronize(stop), "run");
            cudaEventElapsedTime(&ms, start, stop);
            if (i >= runs / 5) times.push_back(ms);
        }
        std::sort(times.begin(), times.end());
        return times[times.size() / 2];
    };
    const float ceiling = median(20, [&] { read_all<<<132 * 4, 512, 0, stream>>>((const uint4*)weights, all / 8, sink); });
    printf("%.3f GB of weights per token; read-only ceiling %.0f GB/s\n", all * 2 / 1e9, all * 2 / ceiling / 1e6);

    for (int context : {128, 512, 1024, 4096}) {
        for (bool pdl : {false, true}) {
            dependent = pdl;
            cudaGraph_t graph;
            cudaGraphExec_t step;
            check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
            const bf16 *g = gamma, *none = nullptr;
            for (int i = 0; i < LAYERS; i++) {
                const bf16 *w = weights + layer * i, *k = keys + cache * i, *v = values + cache * i;
                launch(stream, matvec<HIDDEN, QKV_ROWS, 2, 4, true, STORE>, QKV / QKV_ROWS, 256, QKV_ROWS * HIDDEN * 2,
                       (const float*)hidden, g, w, none, q);
                launch(stream, attention, HEADS, 512, 0, (const float*)q, k, v, attended, context);
                launch(stream, matvec<HIDDEN, O_ROWS, 2, 4, false, ADD>, HIDDEN / O_ROWS, 256, O_ROWS * HIDDEN * 2,
                       (const float*)attended, g, w + qkv, none, hidden);
                launch(stream, matvec<HIDDEN, GATE_ROWS, 2, 4, true, GATED>, MLP / GATE_ROWS, 256, GATE_ROWS * HIDDEN * 4,
                       (const float*)hidden, g, w + qkv + o, w + qkv + o + mlp, gated);
                launch(stream, matvec<MLP, DOWN_ROWS, 7, 1, false, ADD>, HIDDEN / DOWN_ROWS, 224, DOWN_ROWS * MLP * 2,
                       (const float*)gated, g, w + qkv + o + 2 * mlp, none, hidden);
            }
            launch(stream, matvec<HIDDEN, HEAD_ROWS, 2, 4, true, STORE>, VOCAB / HEAD_ROWS, 256, HEAD_ROWS * HIDDEN * 2,
                   (const float*)hidden, g, (const bf16*)(weights + layer * LAYERS), none, logits);
            check(cudaStreamEndCapture(stream, &graph), "capture");
            check(cudaGraphInstantiate(&step, graph, 0), "instantiate");
            const float ms = median(50, [&] { cudaGraphLaunch(step, stream); });
            printf("context %4d, dependent launch %s: %.1f us, %.0f tok/s, %.1f%% of 3.35 TB/s\n", context,
                   pdl ? "on " : "off", ms * 1e3, 1e3 / ms,
                   (all * 2 + (double)LAYERS * context * KV * 4) / ms / 1e6 / 3350 * 100);
            cudaGraphExecDestroy(step);
            cudaGraphDestroy(graph);
        }
    }
}
