//! Kernels through Vulkan, on whatever device there is, under Khronos's validation layer where that is installed.

mod vulkan_support;

use std::collections::BTreeMap;
use std::process::Command;

use bundle::manifest::{Access, Dtype, Kernel, Need};
use device::{Arg, Binding, Buffer, Device, Error, LoadedKernel, Usage, Vulkan};
use vulkan_support::{assemble, assemble_text, bundle, kernel, open, scalar, view};

fn words(device: &mut Vulkan, values: &[u32]) -> Buffer {
    let buffer = device.alloc(values.len() as u64 * 4, Usage::Data).unwrap();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    device.upload(buffer, 0, &bytes).unwrap();
    buffer
}

fn read(device: &mut Vulkan, buffer: Buffer) -> Vec<u32> {
    let mut bytes = vec![0; device.info(buffer).unwrap().bytes as usize];
    device.download(buffer, 0, &mut bytes).unwrap();
    bytes.as_chunks().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect()
}

fn load(device: &mut Vulkan, kernel: Kernel, module: Vec<u8>) -> Result<LoadedKernel, Error> {
    let name = kernel.name.clone();
    let program = device.load(&bundle(vec![(kernel, module)]))?;
    Ok(program.kernel(&name).unwrap().clone())
}

/// `y = 3 x + n` of `groups * 128` elements.
fn step(groups: u64) -> Kernel {
    let elements = groups * 128;
    let args = vec![
        view("x", Dtype::I32, elements, Access::Read),
        view("y", Dtype::I32, elements, Access::Write),
        scalar("n", Dtype::I32),
    ];
    kernel("step", groups, 128, args)
}

/// A number without a pattern.
fn noise(index: u32) -> u32 {
    (index + 1).wrapping_mul(0x9E37_79B9).rotate_left(13) ^ index
}

#[test]
fn scalars_of_both_types() {
    let Some(module) = assemble("saxpy") else { return };
    for staged in [false, true] {
        let Some(mut device) = open(staged, None) else { return };
        let (elements, inside) = (1000u32, 777u32);
        let float = |name: &str, access| view(name, Dtype::F32, u64::from(elements), access);
        let args = vec![
            float("x", Access::Read),
            scalar("a", Dtype::F32),
            float("b", Access::Weights),
            float("y", Access::Write),
            scalar("n", Dtype::I32),
        ];
        let kernel = load(&mut device, kernel("saxpy", 16, 64, args), module.clone()).unwrap();
        let x: Vec<f32> = (0..elements).map(|i| noise(i) as f32 / 1e9).collect();
        let b: Vec<f32> = (0..elements).map(|i| noise(i + 5) as f32 / 1e7).collect();
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
        let x_buffer = words(&mut device, &bits(&x));
        let b_buffer = device.alloc(u64::from(elements) * 4, Usage::Weights).unwrap();
        let bytes: Vec<u8> = b.iter().flat_map(|value| value.to_le_bytes()).collect();
        device.upload(b_buffer, 0, &bytes).unwrap();
        let y_buffer = words(&mut device, &vec![7; elements as usize]);
        let args =
            [Arg::Buffer(x_buffer), Arg::F32(-1.25), Arg::Buffer(b_buffer), Arg::Buffer(y_buffer), Arg::U32(inside)];
        let binding = Binding::new(&device, &kernel, &args).unwrap();
        device.launch(&binding).unwrap();
        let y = read(&mut device, y_buffer);
        for i in 0..elements as usize {
            let expected = if i < inside as usize { (-1.25 * x[i] + b[i]).to_bits() } else { 7 };
            assert_eq!(y[i], expected, "element {i}, staged {staged}");
        }
    }
}

/// Group memory, a barrier, subgroup sums, and the constant that says how many lanes a subgroup has.
#[test]
fn sums_in_group_memory() {
    let Some(module) = assemble("sum") else { return };
    let Some(mut device) = open(false, None) else { return };
    const GROUPS: u32 = 37;
    let args = vec![
        view("x", Dtype::I32, u64::from(GROUPS) * 256, Access::Read),
        view("y", Dtype::I32, u64::from(GROUPS) * 2, Access::Write),
    ];
    let mut kernel = kernel("sum", u64::from(GROUPS), 256, args);
    kernel.needs.extend([Need::SubgroupBasic, Need::SubgroupArithmetic, Need::ComputeFullSubgroups]);
    kernel.budgets.insert("shared".to_owned(), 1024);
    let kernel = load(&mut device, kernel, module).unwrap();
    let values: Vec<u32> = (0..GROUPS * 256).map(noise).collect();
    let (x, y) = (words(&mut device, &values), words(&mut device, &[0; GROUPS as usize * 2]));
    let binding = Binding::new(&device, &kernel, &[Arg::Buffer(x), Arg::Buffer(y)]).unwrap();
    device.launch(&binding).unwrap();
    let found = read(&mut device, y);
    let lanes = device.facts().into_iter().find(|fact| fact.name == "lanes of a subgroup").unwrap().value;
    let lanes: u32 = lanes.split(',').next().unwrap().parse().unwrap();
    eprintln!("subgroups have {lanes} lanes");
    for (group, part) in values.chunks(256).enumerate() {
        let sum = part.iter().fold(0u32, |sum, value| sum.wrapping_add(*value));
        assert_eq!(found[group], sum, "group {group}");
        assert_eq!(found[GROUPS as usize + group], lanes << 16 | lanes, "lanes in group {group}");
    }
    if let Ok(width) = std::env::var("LP_NATIVE_VECTOR_WIDTH")
        && device.facts().iter().any(|fact| fact.name == "gpu" && fact.value.contains("llvmpipe"))
    {
        assert_eq!(lanes * 32, width.parse::<u32>().unwrap());
    }
}

/// Runs of a chain in which every launch needs the one before, launched one by one and recorded.
#[test]
fn chains_one_by_one_and_recorded() {
    let Some(module) = assemble("step") else { return };
    for staged in [false, true] {
        let Some(mut device) = open(staged, None) else { return };
        let kernel = load(&mut device, step(8), module.clone()).unwrap();
        let start: Vec<u32> = (0..1024).map(noise).collect();
        let (a, b) = (words(&mut device, &start), words(&mut device, &[0; 1024]));
        let bind = |device: &Vulkan, from, to, n| {
            Binding::new(device, &kernel, &[Arg::Buffer(from), Arg::Buffer(to), Arg::U32(n)]).unwrap()
        };
        // More launches than the largest batch has, and than what a recorded sequence hands over first.
        let bindings: Vec<Binding> =
            (0..300).map(|n| if n % 2 == 0 { bind(&device, a, b, n) } else { bind(&device, b, a, n) }).collect();
        let expected = |start: &[u32]| {
            let mut values = start.to_vec();
            for n in 0..300 {
                values.iter_mut().for_each(|value| *value = value.wrapping_mul(3).wrapping_add(n));
            }
            values
        };
        for binding in &bindings {
            device.launch(binding).unwrap();
        }
        let once = expected(&start);
        assert_eq!(read(&mut device, a), once, "one by one, staged {staged}");
        let mut sequence = device.record(&bindings.iter().collect::<Vec<_>>()).unwrap();
        device.replay(&mut sequence).unwrap();
        device.replay(&mut sequence).unwrap();
        assert_eq!(read(&mut device, a), expected(&expected(&once)), "recorded, staged {staged}");
    }
}

/// More than a view may have, more than one piece of the staging ring, more than a block of memory.
#[test]
fn a_buffer_of_300_mb() {
    let Some(module) = assemble("at") else { return };
    for staged in [false, true] {
        let Some(mut device) = open(staged, None) else { return };
        let elements = 75_000_000u64;
        let args = vec![
            view("x", Dtype::I32, elements, Access::Weights),
            view("y", Dtype::I32, 640, Access::Write),
            scalar("n", Dtype::I32),
        ];
        let kernel = load(&mut device, kernel("at", 10, 64, args), module.clone()).unwrap();
        let x = device.alloc(elements * 4, Usage::Weights).unwrap();
        let bytes: Vec<u8> = (0..elements as u32).flat_map(|i| noise(i).to_le_bytes()).collect();
        device.upload(x, 0, &bytes).unwrap();
        let y = words(&mut device, &[0; 640]);
        for start in [0, 1, 8 << 20, 33_554_430, elements as u32 - 640] {
            let binding = Binding::new(&device, &kernel, &[Arg::Buffer(x), Arg::Buffer(y), Arg::U32(start)]).unwrap();
            device.launch(&binding).unwrap();
            let expected: Vec<u32> = (start..start + 640).map(noise).collect();
            assert_eq!(read(&mut device, y), expected, "from {start}, staged {staged}");
        }
        let mut back = vec![0; bytes.len() - 3];
        device.download(x, 3, &mut back).unwrap();
        assert!(back == bytes[3..], "the whole of it, staged {staged}");
    }
}

#[test]
fn memory_that_is_not_there() {
    for staged in [false, true] {
        let Some(mut device) = open(staged, None) else { return };
        for bytes in [1 << 50, u64::MAX, u64::MAX - 300] {
            match device.alloc(bytes, Usage::Data) {
                Err(Error::OutOfDeviceMemory { bytes: asked, free }) => {
                    assert!(asked == bytes && free > 0 && free < bytes)
                }
                other => panic!("{other:?}"),
            }
        }
        // It goes on after that: buffers of all sizes, zeroed though others had the memory before.
        let mut live = Vec::new();
        for round in 0..60u32 {
            let bytes = u64::from(noise(round) % 3_000_000);
            let buffer = device.alloc(bytes, Usage::Data).unwrap();
            let mut found = vec![1; bytes as usize];
            device.download(buffer, 0, &mut found).unwrap();
            assert!(found.iter().all(|byte| *byte == 0), "round {round}, staged {staged}");
            device.upload(buffer, 0, &vec![0xA5; bytes as usize]).unwrap();
            live.push(buffer);
            if round % 3 == 2 {
                let gone = live.swap_remove(noise(round) as usize % live.len());
                device.free(gone).unwrap();
                assert!(matches!(device.free(gone), Err(Error::DeadBuffer)));
            }
        }
    }
}

/// A buffer that is freed while launches that use it are on their way is not given to another before they have run.
#[test]
fn freed_buffers() {
    let Some(module) = assemble("step") else { return };
    let Some(mut device) = open(false, None) else { return };
    let kernel = load(&mut device, step(64), module).unwrap();
    let start: Vec<u32> = (0..8192).map(noise).collect();
    for round in 0..20 {
        let (x, y, z) = (words(&mut device, &start), words(&mut device, &start), words(&mut device, &start));
        let first = Binding::new(&device, &kernel, &[Arg::Buffer(x), Arg::Buffer(y), Arg::U32(round)]).unwrap();
        let second = Binding::new(&device, &kernel, &[Arg::Buffer(y), Arg::Buffer(z), Arg::U32(1)]).unwrap();
        device.launch(&first).unwrap();
        device.launch(&second).unwrap();
        device.free(x).unwrap();
        device.free(y).unwrap();
        assert!(matches!(device.launch(&first), Err(Error::DeadBuffer)));
        let other = words(&mut device, &[u32::MAX; 8192]);
        let expected: Vec<u32> =
            start.iter().map(|x| x.wrapping_mul(3).wrapping_add(round).wrapping_mul(3).wrapping_add(1)).collect();
        assert_eq!(read(&mut device, z), expected, "round {round}");
        device.free(other).unwrap();
        device.free(z).unwrap();
    }
}

/// What must be refused when a kernel is loaded, by the words of the message.
#[test]
fn kernels_that_are_refused() {
    let Some(module) = assemble("step") else { return };
    let Some(mut device) = open(false, None) else { return };
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spirv/step.spvasm")).unwrap();
    let edited = |from: &str, to: &str| {
        assert!(text.contains(from));
        assemble_text(&text.replace(from, to)).unwrap()
    };
    let capability = |name: &str| edited("OpCapability Shader", &format!("OpCapability Shader\nOpCapability {name}"));
    let descriptor = edited(
        "       %args = OpVariable",
        "%slot_p = OpTypePointer StorageBuffer %args_t\n%slot = OpVariable %slot_p StorageBuffer\n       %args = OpVariable",
    );
    let shared = edited(
        "       %args = OpVariable",
        "%many = OpConstant %u32 268435456\n%shared = OpTypeArray %u32 %many\n%shared_p = OpTypePointer Workgroup %shared\n\
         %group_memory = OpVariable %shared_p Workgroup\n       %args = OpVariable",
    );
    let changed = |change: &dyn Fn(&mut Kernel)| {
        let mut kernel = step(8);
        change(&mut kernel);
        kernel
    };
    let wide = |kernel: &mut Kernel| {
        kernel.args.extend((0..40).map(|i| view(&format!("v{i}"), Dtype::I32, 1, Access::Read)));
        kernel.push_constant_bytes += 320;
    };
    let mut cut = module.clone();
    cut.truncate(module.len() - 8);
    let cases = [
        ("groups of [128, 1, 1] threads, the manifest says [64, 1, 1]", changed(&|k| k.block = [64, 1, 1]), &module),
        ("has no compute entry `other`", changed(&|k| k.entry = "other".to_owned()), &module),
        ("groups along y, this device runs", changed(&|k| k.grid = [1, 1 << 24, 1]), &module),
        (
            "uses 1073741824 bytes of group memory",
            changed(&|k| k.budgets = BTreeMap::from([("shared".to_owned(), 1 << 30)])),
            &module,
        ),
        (
            "takes 24 bytes of arguments as its manifest says, its parameters are 20",
            changed(&|k| k.push_constant_bytes = 24),
            &module,
        ),
        ("takes 340 bytes of arguments, this device passes", changed(&wide), &module),
        (
            "takes 20 bytes of arguments as its manifest says, its parameters are 24",
            changed(&|k| k.args[2] = scalar("n", Dtype::I64)),
            &module,
        ),
        ("groups along y, this device runs", changed(&|k| k.workgroups = Some([1, 1 << 24, 1])), &module),
        ("uses 1073741824 bytes of group memory", step(8), &shared),
        ("capability `Geometry`, which no check is known for", step(8), &capability("Geometry")),
        ("reads a descriptor", step(8), &descriptor),
        ("it is no SPIR-V", step(8), &cut),
        ("it is no SPIR-V", step(8), &module[1..].to_vec()),
        ("it is no SPIR-V", step(8), &b"#include <metal_stdlib>!".to_vec()),
        ("it is no SPIR-V", step(8), &vec![]),
    ];
    for (expected, kernel, module) in cases {
        let error = load(&mut device, kernel, module.clone()).map(drop).expect_err(expected).to_string();
        assert!(error.contains(expected), "expected `{expected}` in `{error}`");
        assert!(error.contains("`step`") || error.contains("step.spv"), "{error}");
    }
    // Every need, in the manifest or only in the module: it loads, or the kernel and the need are named.
    let mut missing = Vec::new();
    for &need in Need::ALL {
        match load(&mut device, changed(&|k| k.needs = vec![need]), module.clone()) {
            Ok(_) => {}
            Err(Error::MissingNeed { kernel, need: named, .. }) => {
                assert_eq!((kernel.as_str(), named.as_str()), ("step", need.name()));
                missing.push(need);
            }
            Err(other) => panic!("{need}: {other}"),
        }
    }
    eprintln!("missing here: {missing:?}");
    for (need, name) in [(Need::SubgroupClustered, "GroupNonUniformClustered"), (Need::ShaderFloat16, "Float16")] {
        let result = load(&mut device, step(8), capability(name)).map(drop);
        assert_eq!(missing.contains(&need), matches!(result, Err(Error::MissingNeed { .. })), "{need}: {result:?}");
    }
    // After all that, it still works.
    load(&mut device, step(8), module).unwrap();
}

/// Compiled pipelines are kept; what was damaged since is not taken.
#[test]
fn pipelines_on_disk() {
    let Some(module) = assemble("step") else { return };
    let folder = tempfile::tempdir().unwrap();
    let entries = || -> Vec<_> {
        let found = std::fs::read_dir(folder.path()).map(|found| found.map(|entry| entry.unwrap().path()).collect());
        found.unwrap_or_default()
    };
    for round in 0..4 {
        let Some(mut device) = open(false, Some(folder.path().to_owned())) else { return };
        let kernel = load(&mut device, step(8), module.clone()).unwrap();
        let (x, y) = (words(&mut device, &[5; 1024]), words(&mut device, &[0; 1024]));
        let binding = Binding::new(&device, &kernel, &[Arg::Buffer(x), Arg::Buffer(y), Arg::U32(2)]).unwrap();
        device.launch(&binding).unwrap();
        assert_eq!(read(&mut device, y), vec![17; 1024]);
        let entries = entries();
        assert_eq!(entries.len(), 1, "one bundle, one entry");
        let bytes = std::fs::read(&entries[0]).unwrap();
        match round {
            0 => {}
            1 => std::fs::write(&entries[0], &bytes[..bytes.len() / 2]).unwrap(),
            // The round before has written it anew.
            2 => std::fs::write(&entries[0], vec![0xFF; bytes.len()]).unwrap(),
            _ => assert!(bytes.iter().any(|byte| *byte != 0xFF)),
        }
    }
}

#[test]
fn devices_by_name() {
    let Some(device) = open(false, None) else { return };
    let name = device.facts().into_iter().find(|fact| fact.name == "gpu").unwrap().value;
    let options = |name: &str| device::VulkanOptions { device: Some(name.to_owned()), ..Default::default() };
    assert!(Vulkan::new(options(&name.to_uppercase())).is_ok());
    let error = Vulkan::new(options("no such device")).err().unwrap().to_string();
    assert!(error.starts_with("cannot open device `vulkan`: TENFOLD_VULKAN_DEVICE is `no such device`"), "{error}");
    assert!(error.contains(&name), "{error}");
    for fact in device.facts() {
        eprintln!("{}: {}", fact.name, fact.value);
    }
}

/// How fast it reads, if it says so: a rate, not zero.
#[test]
fn reads_are_measured() {
    let Some(mut device) = open(false, None) else { return };
    let rate = device.measure_reads(16 << 20).unwrap().expect("it measures");
    eprintln!("{:.2} GB/s at best, {:.2} in the median; {}", rate.best / 1e9, rate.median / 1e9, rate.method);
    assert!(rate.bytes == 16 << 20 && rate.passes > 0 && rate.best >= rate.median && rate.median > 1e6);
}

/// A machine without a driver, and one without a loader, are told what they lack.
#[test]
fn what_is_missing_is_named() {
    if std::env::var_os("LP_NATIVE_VECTOR_WIDTH").is_some() {
        return;
    }
    let Some(_) = open(false, None) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("libvulkan.so.1"), "no library").unwrap();
    let nowhere = folder.path().join("nowhere.json");
    let cases: [(&[(&str, &std::path::Path)], &str); 2] = [
        (&[("VK_DRIVER_FILES", &nowhere), ("VK_ICD_FILENAMES", &nowhere)], "driver"),
        (&[("LD_LIBRARY_PATH", folder.path())], "no Vulkan loader is found"),
    ];
    for (variables, expected) in cases {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "devices_by_name", "--nocapture"]).envs(variables.iter().copied());
        let output = test.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        let told = "SKIPPED: nothing is run through Vulkan: cannot open device `vulkan`: ";
        assert!(text.contains(told) && text.contains(expected), "expected `{expected}` in `{text}`");
    }
}

/// All of this file with subgroups of 4, 8 and 16 lanes, where the processor is the device.
#[test]
fn every_size_of_subgroups() {
    if std::env::var_os("LP_NATIVE_VECTOR_WIDTH").is_some() {
        return;
    }
    let Some(device) = open(false, None) else { return };
    if !device.facts().iter().any(|fact| fact.name == "gpu" && fact.value.contains("llvmpipe")) {
        eprintln!("SKIPPED: only lavapipe can change its subgroups");
        return;
    }
    for width in ["128", "256", "512"] {
        let mut tests = Command::new(std::env::current_exe().unwrap());
        let output = tests.args(["--skip", "300_mb"]).env("LP_NATIVE_VECTOR_WIDTH", width).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{width} bits:\n{text}");
    }
}
