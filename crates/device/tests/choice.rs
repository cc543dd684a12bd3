//! Choices and marks: on the processor, on an emulated GPU, and on a real one where there is one.

use device::{
    Buffer, Checks, Choice, Chosen, Cpu, Cuda, Device, Emulated, EmulatedOptions, Error, Language, Mark, Usage,
};

fn devices() -> Vec<Box<dyn Device>> {
    let options = EmulatedOptions { checks: Checks::Memory, threads: Some(1), seed: 1, cache: None };
    let mut devices: Vec<Box<dyn Device>> =
        vec![Box::new(Cpu::new(Some(1)).unwrap()), Box::new(Emulated::new(Language::Cuda, options).unwrap())];
    match Cuda::new() {
        Ok(device) => devices.push(Box::new(device)),
        Err(error) => {
            eprintln!("SKIPPED: choices are not asked for on a GPU: {error}");
            assert!(matches!(error, Error::Open { device: "cuda", .. }), "{error}");
        }
    }
    devices
}

fn buffer(device: &mut dyn Device, words: &[u32]) -> Buffer {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let buffer = device.alloc(bytes.len() as u64, Usage::Data).unwrap();
    device.upload(buffer, 0, &bytes).unwrap();
    buffer
}

#[test]
fn a_choice_is_what_it_was_when_it_was_asked_for() {
    for mut device in devices() {
        let device = device.as_mut();
        let values = [1.5f32, -0.0, f32::INFINITY, f32::from_bits(0x7fc0_1234)].map(f32::to_bits);
        let (values, index) = (buffer(device, &values), buffer(device, &[0]));
        // More at a time than any text has under way, and waited for in another order.
        let mut asked: Vec<(u32, Choice)> = Vec::new();
        for number in [0, 1, 2, 3, 4, u32::MAX, 1, 0] {
            device.upload(index, 0, &u32::to_le_bytes(number)).unwrap();
            asked.push((number, device.choose(index, values).unwrap()));
        }
        device.upload(values, 0, &[0; 16]).unwrap();
        asked.swap(0, 5);
        asked.swap(2, 7);
        for (number, choice) in asked {
            let Chosen { index, value } = device.chosen(choice).unwrap();
            assert_eq!(index, number);
            let expected = match number {
                0 => 1.5f32.to_bits(),
                1 => (-0.0f32).to_bits(),
                2 => f32::INFINITY.to_bits(),
                3 => 0x7fc0_1234,
                // There is no such element.
                _ => f32::NAN.to_bits(),
            };
            assert_eq!(value.to_bits(), expected, "{} {number}", device.name());
        }
        // One that nobody waits for is no harm.
        drop(device.choose(index, values).unwrap());
        device.sync().unwrap();
        device.free(index).unwrap();
        assert!(matches!(device.choose(index, values), Err(Error::DeadBuffer)), "{}", device.name());
    }
}

#[test]
fn what_is_foreign_is_refused() {
    for mut device in devices() {
        let error = device.chosen(Choice::Pending(Box::new("another device's"))).unwrap_err();
        assert!(matches!(error, Error::ForeignChoice), "{}: {error}", device.name());
        let mark = || Mark(Box::new("another device's"));
        assert!(matches!(device.between(&mark(), &mark()), Err(Error::ForeignMark)), "{}", device.name());
        let tiny = buffer(device.as_mut(), &[0]);
        let short = device.alloc(2, Usage::Data).unwrap();
        assert!(matches!(device.choose(short, tiny), Err(Error::OutOfRange { .. })), "{}", device.name());
    }
}

#[test]
fn time_passes_between_marks_of_a_device_with_a_clock() {
    for mut device in devices() {
        let words = vec![7; 1 << 20];
        let Some(from) = device.mark().unwrap() else {
            assert_ne!(device.name(), "cuda");
            continue;
        };
        buffer(device.as_mut(), &words);
        let to = device.mark().unwrap().expect("it has a clock");
        let time = device.between(&from, &to).unwrap();
        assert!(!time.is_zero() && time.as_secs() < 10, "{time:?}");
    }
}
