//! Every name that is offered is known, on every system.

use device::{Error, NAMES};

#[test]
fn names_open_or_say_what_is_missing() {
    for name in NAMES {
        match device::open(name, Some(1)) {
            Ok(device) => assert_eq!(device.name(), *name),
            Err(Error::Open { device, message }) => {
                assert_eq!(device, *name);
                assert!(!message.is_empty());
            }
            Err(other) => panic!("{name}: {other}"),
        }
    }
    assert!(matches!(device::open("toaster", None), Err(Error::UnknownDevice { .. })));
}

#[cfg(not(target_os = "macos"))]
#[test]
fn metal_says_that_it_needs_macos() {
    assert!(NAMES.contains(&"metal"));
    let error = device::open("metal", None).err().expect("there is no Metal here");
    assert_eq!(error.to_string(), "cannot open device `metal`: it needs macOS");
}
