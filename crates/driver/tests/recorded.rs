//! Recorded launches against launches one by one: the same tokens and logits to the bit, on the CPU, on each emulated device
//! and through Vulkan, with plain and with fused kernels.

mod common;

use common::{assert_telling, is_here, small_model};
use decode::{Engine, Launching, plan};
use driver::targets::Target;

/// The tokens that follow token 17 after two others, and the logits in the middle.
fn decode(engine: &mut Engine, launching: Launching, count: usize) -> (Vec<u32>, Vec<f32>) {
    engine.set_launching(launching);
    engine.reset();
    // Prompts take steps without logits.
    engine.feed(3).expect("it runs");
    engine.feed(900).expect("it runs");
    let (mut token, mut tokens, mut logits) = (17, Vec::new(), Vec::new());
    for index in 0..count {
        token = if index == count / 2 {
            logits = engine.next_logits(token).expect("it runs");
            engine.argmax().expect("it runs")
        } else {
            engine.next(token).expect("it runs")
        };
        tokens.push(token);
    }
    (tokens, logits)
}

fn agree(target: Target, count: usize) {
    let (model, bundle, _folder) = small_model(target);
    let plain = plan::build(model.config(), bundle.manifest()).expect("the bundle is the model's");
    for plan in [plan::fuse(&plain, bundle.manifest()), plain] {
        let device = decode::open_device(target.device(), Some(2)).expect("the device is here");
        let mut engine = Engine::with_plan(device, &bundle, &model, plan).expect("it loads");
        let recorded = decode(&mut engine, Launching::Recorded, count);
        let one_by_one = decode(&mut engine, Launching::OneByOne, count);
        assert_eq!(recorded, one_by_one, "{target}");
        assert_telling(target, &recorded.0);
    }
}

#[test]
fn tokens_on_the_cpu() {
    agree(Target::Cpu, 40);
}

#[test]
fn tokens_on_emulated_cuda() {
    agree(Target::Cuda, 12);
}

#[test]
fn tokens_on_emulated_metal() {
    agree(Target::Msl, 12);
}

#[test]
fn tokens_on_emulated_musa() {
    agree(Target::Musa, 12);
}

#[test]
fn tokens_through_vulkan() {
    if is_here(Target::Spirv) {
        agree(Target::Spirv, 12);
    }
}
