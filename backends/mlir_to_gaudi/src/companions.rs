//! Files beside the kernels: the library that a graph compiler loads, and what builds it (source: `tpc_kernel_lib_interface.h` of
//! Intel_Gaudi3_Software; Habana_Custom_Kernel, `src/CMakeLists.txt`).

use bundle::manifest::{ArgKind, Dtype};
use bundle::members::{Tensor, stretch, tensors};
use emit::Source;
use emit_dma::Companion;

use crate::limits::LINE;
use crate::names;

/// The glue library of all kernels, and a makefile.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    if sources.is_empty() {
        return Vec::new();
    }
    vec![
        Companion { file: "glue.cpp".to_owned(), text: glue(sources) },
        Companion { file: "Makefile".to_owned(), text: makefile(sources) },
    ]
}

/// File name without folder and extension.
fn stem(source: &Source) -> &str {
    let file = source.file.rsplit('/').next().unwrap_or(&source.file);
    file.strip_suffix(names::EXTENSION).and_then(|file| file.strip_suffix('.')).unwrap_or(file)
}

/// A stem as a part of a C name, as `objcopy` makes it.
fn symbol(source: &Source) -> String {
    stem(source).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

const fn data(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 => "DATA_F32",
        Dtype::F16 => "DATA_F16",
        Dtype::Bf16 => "DATA_BF16",
        Dtype::I32 => "DATA_I32",
        Dtype::I8 | Dtype::Bool => "DATA_I8",
        Dtype::I64 => "DATA_I64",
    }
}

/// The entry of a kernel in the tables.
fn entry(source: &Source) -> String {
    let kernel = &source.kernel;
    let [members, ..] = kernel.workgroups.unwrap_or([1, 1, 1]);
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for tensor in tensors(kernel) {
        let (Tensor::Input(at) | Tensor::Output(at)) = tensor else { continue };
        let Some(arg) = kernel.args.get(at) else { continue };
        let ArgKind::View { dtype, shape, .. } = &arg.kind else { continue };
        let count: u64 = shape.iter().product();
        let place = if let Tensor::Output(_) = tensor { stretch(kernel, at) } else { None };
        let (step, last) = place.map_or((0, 0), |place| (place.step, place.last));
        // Itself an input, an output is bound to the one with its memory, or to none.
        let input =
            tensors(kernel).iter().position(|other| *other == Tensor::Input(at)).map_or(-1, |input| input as i64);
        let line = format!("        {{{}, {count}, {step}, {last}, {input}}}, // {}\n", data(*dtype), arg.name);
        if let Tensor::Output(_) = tensor { outputs.push(line) } else { inputs.push(line) }
    }
    let scalars = kernel.args.iter().filter(|arg| matches!(arg.kind, ArgKind::Scalar { .. })).count();
    let scratch = if kernel.scratch_bytes > 0 { members * LINE / 4 } else { 0 };
    let symbol = symbol(source);
    format!(
        "    {{\"{}\", {members}, {scalars}, {scratch}, &_binary_{symbol}_o_start, &_binary_{symbol}_o_end,\n     {{\n{}     }},\n     {{\n{}     \
         }}}},\n",
        kernel.name,
        inputs.concat(),
        outputs.concat()
    )
}

fn glue(sources: &[Source]) -> String {
    let symbols: String = sources
        .iter()
        .map(|source| {
            let symbol = symbol(source);
            format!("extern unsigned char _binary_{symbol}_o_start, _binary_{symbol}_o_end;\n")
        })
        .collect();
    let entries: String = sources.iter().map(entry).collect();
    format!(
        "// The kernels of this folder as nodes of a graph: GC_KERNEL_PATH names the library that this is built into. Tensors have one dimension.
// The parameters of a node are its scalars, 32 bits each. An output has the memory of the input that it is bound to.
#include <cstring>
#include <vector>

#include \"tpc_kernel_lib_interface.h\"

using namespace tpc_lib_api;

extern \"C\" {{
{symbols}}}

namespace {{

// A tensor: its elements; member m touches those from m * step to m * step + last, or any where step is 0; the input with its memory, or -1.
struct Shape {{
    TensorDataType type;
    uint64_t count;
    uint64_t step;
    uint64_t last;
    int32_t input;
}};

struct Kernel {{
    const char *name;
    uint64_t members;
    uint32_t scalars;
    uint64_t scratch; // Elements of i32.
    const unsigned char *start;
    const unsigned char *end;
    std::vector<Shape> inputs;
    std::vector<Shape> outputs;
}};

const Kernel kernels[] = {{
{entries}}};

const Kernel *find(const char *name) {{
    for (const Kernel &kernel : kernels) {{
        if (std::strncmp(kernel.name, name, MAX_NODE_NAME) == 0) {{
            return &kernel;
        }}
    }}
    return nullptr;
}}

GlueCodeReturn check(const Tensor &tensor, const Shape &shape, GlueCodeReturn size) {{
    uint64_t count = 1;
    for (uint32_t dim = 0; dim < tensor.geometry.dims; ++dim) {{
        count *= tensor.geometry.maxSizes[dim];
    }}
    if (tensor.geometry.dataType != shape.type) {{
        return GLUE_INCOMPATIBLE_DATA_TYPE;
    }}
    return tensor.geometry.dims == 1 && count == shape.count ? GLUE_SUCCESS : size;
}}

void describe(TensorAccessPattern &pattern, const Shape &shape) {{
    pattern.allRequired = shape.step == 0;
    pattern.mapping[0].indexSpaceDim = 0;
    pattern.mapping[0].a = static_cast<float>(shape.step);
    pattern.mapping[0].start_b = 0;
    pattern.mapping[0].end_b = static_cast<float>(shape.last);
}}

}} // namespace

extern \"C\" GlueCodeReturn GetKernelGuids(DeviceId device, uint32_t *count, GuidInfo *guids) {{
    const uint32_t known = device == DEVICE_ID_GAUDI2 ? sizeof(kernels) / sizeof(kernels[0]) : 0;
    if (guids != nullptr) {{
        for (uint32_t at = 0; at < known; ++at) {{
            std::strncpy(guids[at].name, kernels[at].name, MAX_NODE_NAME - 1);
        }}
    }}
    *count = known;
    return GLUE_SUCCESS;
}}

extern \"C\" GlueCodeReturn InstantiateTpcKernel(HabanaKernelParams *in, HabanaKernelInstantiation *out) {{
    const Kernel *kernel = find(in->guid.name);
    if (kernel == nullptr || in->deviceId != DEVICE_ID_GAUDI2) {{
        return GLUE_NODE_NOT_FOUND;
    }}
    if (in->inputTensorNr != kernel->inputs.size()) {{
        return GLUE_INCOMPATIBLE_INPUT_COUNT;
    }}
    if (in->outputTensorNr != kernel->outputs.size()) {{
        return GLUE_INCOMPATIBLE_OUTPUT_COUNT;
    }}
    if (in->nodeParams.nodeParamsSize != 4 * kernel->scalars) {{
        return GLUE_MISSING_PRIVATE_STRUCTURE;
    }}
    for (uint32_t at = 0; at < in->inputTensorNr; ++at) {{
        const GlueCodeReturn result = check(in->inputTensors[at], kernel->inputs[at], GLUE_INCOMPATIBLE_INPUT_SIZE);
        if (result != GLUE_SUCCESS) {{
            return result;
        }}
        describe(out->inputTensorAccessPattern[at], kernel->inputs[at]);
    }}
    for (uint32_t at = 0; at < in->outputTensorNr; ++at) {{
        const GlueCodeReturn result = check(in->outputTensors[at], kernel->outputs[at], GLUE_INCOMPATIBLE_OUTPUT_SIZE);
        if (result != GLUE_SUCCESS) {{
            return result;
        }}
        TensorAccessPattern &pattern = out->outputTensorAccessPattern[at];
        describe(pattern, kernel->outputs[at]);
        if (kernel->outputs[at].input >= 0) {{
            pattern.inputsReusability = 1u << kernel->outputs[at].input;
            pattern.inputReusabilityBinding = 1;
        }}
    }}
    out->indexSpaceRank = 1;
    out->indexSpaceGeometry[0] = kernel->members;
    out->auxiliaryTensorNr = kernel->scratch > 0 ? 1 : 0;
    if (kernel->scratch > 0) {{
        AuxTensor &scratch = out->auxiliaryTensors[0];
        scratch.geometry.dims = 1;
        scratch.geometry.maxSizes[0] = kernel->scratch;
        scratch.geometry.minSizes[0] = kernel->scratch;
        scratch.geometry.dataType = DATA_I32;
        scratch.bufferSize = 4 * kernel->scratch;
        scratch.noInit = 1;
    }}
    out->kernel.paramsNr = kernel->scalars;
    std::memcpy(out->kernel.scalarParams, in->nodeParams.nodeParams, 4 * kernel->scalars);
    const uint32_t size = static_cast<uint32_t>(kernel->end - kernel->start);
    const uint32_t room = out->kernel.elfSize;
    out->kernel.elfSize = size;
    if (room < size) {{
        return GLUE_INSUFFICIENT_ELF_BUFFER;
    }}
    std::memcpy(out->kernel.kernelElf, kernel->start, size);
    return GLUE_SUCCESS;
}}

extern \"C\" GlueCodeReturn GetShapeInference(DeviceId, const ShapeInferenceParams *in, ShapeInferenceOutput *out) {{
    const Kernel *kernel = find(in->pGuid != nullptr ? in->pGuid->name : in->guid.name);
    if (kernel == nullptr) {{
        return GLUE_NODE_NOT_FOUND;
    }}
    if (in->outputTensorsNr != kernel->outputs.size()) {{
        return GLUE_INCOMPATIBLE_OUTPUT_COUNT;
    }}
    for (uint32_t at = 0; at < in->outputTensorsNr; ++at) {{
        TensorGeometry &geometry = out->outputTensors[at]->geometry;
        geometry.dims = 1;
        geometry.maxSizes[0] = kernel->outputs[at].count;
        geometry.minSizes[0] = kernel->outputs[at].count;
    }}
    return GLUE_SUCCESS;
}}
"
    )
}

/// Device objects are data of the library, so that their names are those of the files.
fn makefile(sources: &[Source]) -> String {
    let objects: Vec<String> = sources.iter().map(|source| format!("{}_elf.o", stem(source))).collect();
    format!(
        "# Needs habanatools, and tpc_kernel_lib_interface.h in HABANA_INCLUDE.
TPC_CLANG ?= tpc-clang
HABANA_INCLUDE ?= /usr/include/habanalabs
CXX ?= c++
OBJCOPY ?= objcopy

ELVES = {}

libkernels.so: glue.o $(ELVES)
\t$(CXX) -shared -o $@ $^

%_elf.o: %.o
\t$(OBJCOPY) -I binary -O elf64-x86-64 -B i386:x86-64 $< $@

%.o: %.c
\t$(TPC_CLANG) -Wall -Werror -march=gaudi2 -O2 -c $< -o $@

glue.o: glue.cpp
\t$(CXX) -std=c++17 -O2 -fPIC -Wall -I$(HABANA_INCLUDE) -c $< -o $@

.PHONY: clean
clean:
\trm -f libkernels.so glue.o $(ELVES)
",
        objects.join(" ")
    )
}
