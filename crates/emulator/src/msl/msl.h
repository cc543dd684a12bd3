// Words of Metal that are no words of OpenCL. Included before every text.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define device __global
#define threadgroup __local
#define thread __private

// Attributes become annotations, so that a misspelt one is an error.
#define buffer(n) clang::annotate("msl.buffer", n)
#define max_total_threads_per_threadgroup(n) clang::annotate("msl.threads", n)
#define thread_position_in_grid clang::annotate("msl.thread_position_in_grid")
#define threadgroup_position_in_grid clang::annotate("msl.threadgroup_position_in_grid")
#define thread_position_in_threadgroup clang::annotate("msl.thread_position_in_threadgroup")
#define threads_per_threadgroup clang::annotate("msl.threads_per_threadgroup")
#define threads_per_grid clang::annotate("msl.threads_per_grid")
#define threadgroups_per_grid clang::annotate("msl.threadgroups_per_grid")
#define thread_index_in_threadgroup clang::annotate("msl.thread_index_in_threadgroup")
#define thread_index_in_simdgroup clang::annotate("msl.thread_index_in_simdgroup")
#define simdgroup_index_in_threadgroup clang::annotate("msl.simdgroup_index_in_threadgroup")
#define simdgroups_per_threadgroup clang::annotate("msl.simdgroups_per_threadgroup")
#define threads_per_simdgroup clang::annotate("msl.threads_per_simdgroup")
#define thread_execution_width clang::annotate("msl.thread_execution_width")
