//! Functions that move elements between objects and rows of a core's memory. Rows of a transfer lie in the words that they touch: the
//! first begins `phase` bytes into its first word, the others begin at words of their own (`apart`) or follow each other.

use emit::Helpers;

/// Elements that follow each other.
fn copy(helpers: &mut Helpers) {
    helpers.need("copy", |_| {
        "template <class T>
static inline void copy(T *__restrict to, const T *__restrict from, int32_t count) {
    constexpr int32_t lanes = 64 / sizeof(T);
    int32_t at = 0;
    for (; at + lanes <= count; at += lanes) {
        aie::store_unaligned_v(to + at, aie::load_unaligned_v<lanes>(from + at));
    }
    for (; at < count; ++at) {
        to[at] = from[at];
    }
}"
        .to_owned()
    });
}

/// How many objects rows of a transfer take.
pub(super) fn objects(helpers: &mut Helpers) -> &'static str {
    helpers.need("objects", |_| {
        "// Objects of so many words that rows of so many bytes take.
static inline int32_t objects(int32_t words, int32_t phase, bool apart, int32_t bytes, int32_t rows) {
    const int32_t all = apart ? rows * ((phase + bytes + 3) / 4) : (phase + rows * bytes + 3) / 4;
    return (all + words - 1) / words;
}"
        .to_owned()
    });
    "objects"
}

/// Out of an object.
pub(super) fn unpack(helpers: &mut Helpers) -> &'static str {
    helpers.need("unpack", |helpers| {
        copy(helpers);
        "// What an object of so many words holds of rows, to rows that are `pitch` elements apart.
template <class T>
static inline void unpack(const int32_t *object, int32_t number, int32_t words, int32_t phase, bool apart, int32_t bytes,
                          int32_t rows, T *to, int32_t pitch) {
    const int32_t begin = number * words * 4, end = begin + words * 4;
    const int32_t step = apart ? (phase + bytes + 3) / 4 * 4 : bytes;
    for (int32_t row = 0; row < rows; ++row, to += pitch) {
        const int32_t first = phase + row * step, last = first + bytes;
        const int32_t from = first > begin ? first : begin, until = last < end ? last : end;
        if (from < until) {
            copy(to + (from - first) / (int32_t)sizeof(T), (const T *)((const uint8_t *)object + (from - begin)),
                 (until - from) / (int32_t)sizeof(T));
        }
    }
}"
        .to_owned()
    });
    "unpack"
}

/// Into an object.
pub(super) fn pack(helpers: &mut Helpers) -> &'static str {
    helpers.need("pack", |helpers| {
        copy(helpers);
        "// Rows that are `pitch` elements apart, as far as an object of so many words holds them.
template <class T>
static inline void pack(int32_t *object, int32_t number, int32_t words, int32_t phase, bool apart, int32_t bytes, int32_t rows,
                        const T *from, int32_t pitch) {
    const int32_t begin = number * words * 4, end = begin + words * 4;
    const int32_t step = apart ? (phase + bytes + 3) / 4 * 4 : bytes;
    for (int32_t row = 0; row < rows; ++row, from += pitch) {
        const int32_t first = phase + row * step, last = first + bytes;
        const int32_t start = first > begin ? first : begin, until = last < end ? last : end;
        if (start < until) {
            copy((T *)((uint8_t *)object + (start - begin)), from + (start - first) / (int32_t)sizeof(T),
                 (until - start) / (int32_t)sizeof(T));
        }
    }
}"
        .to_owned()
    });
    "pack"
}

/// The first and last word of each run of rows, kept in `edges`, two for each.
pub(super) fn edges(helpers: &mut Helpers) -> [&'static str; 2] {
    helpers.need("edges", |_| {
        let head = |name: &str, object: &str, edges: &str| {
            format!(
                "static inline void {name}({object}, int32_t number, int32_t words, int32_t phase, bool apart, int32_t bytes,
                            int32_t rows, {edges}) {{
    const int32_t run = apart ? (phase + bytes + 3) / 4 : (phase + rows * bytes + 3) / 4;
    for (int32_t row = 0; row < (apart ? rows : 1); ++row) {{
        for (int32_t edge = 0; edge < 2; ++edge) {{
            const int32_t word = row * run + (edge == 0 ? 0 : run - 1) - number * words;
            if (word >= 0 && word < words) {{"
            )
        };
        let tail = "            }
        }
    }
}";
        format!(
            "// The first and the last word of rows, which others share, out of an object.
{}
                edges[2 * row + edge] = object[word];
{tail}
// The same, into an object.
{}
                object[word] = edges[2 * row + edge];
{tail}",
            head("take_edges", "const int32_t *object", "int32_t *edges"),
            head("give_edges", "int32_t *object", "const int32_t *edges"),
        )
    });
    ["take_edges", "give_edges"]
}

/// Turns of a counted loop.
pub(super) fn trips(helpers: &mut Helpers) -> &'static str {
    helpers.need("trips", |_| {
        "static inline int32_t trips(int64_t lower, int64_t upper, int64_t step) {
    return upper > lower ? (int32_t)((upper - lower + step - 1) / step) : 0;
}"
        .to_owned()
    });
    "trips"
}
