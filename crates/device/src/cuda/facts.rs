//! What the driver and NVML, its management library, say about the GPU.

use cudarc::driver::CudaContext;
use cudarc::driver::sys::{self, CUdevice_attribute};
use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};

use super::compile;
use crate::facts::Fact;

/// Name, driver and compiler; what cannot be asked is left out.
pub(super) fn facts(context: &CudaContext, (major, minor): (i32, i32)) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(context.name().ok().map(|name| Fact::new("gpu", name)));
    facts.push(Fact::new("compute capability", format!("{major}.{minor}")));
    let attribute = |attribute| context.attribute(attribute).ok();
    let multiprocessors = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    facts.extend(multiprocessors.map(|count| Fact::new("multiprocessors", count)));
    facts.extend(context.total_mem().ok().map(|bytes| Fact::new("memory", format!("{:.1} GB", bytes as f64 / 1e9))));
    facts.extend(cuda_version().map(|version| Fact::new("CUDA of the driver", version)));
    let (major, minor) = compile::version();
    facts.push(Fact::new("NVRTC", format!("{major}.{minor}")));
    match Nvml::init() {
        Ok(nvml) => {
            facts.extend(nvml.sys_driver_version().ok().map(|version| Fact::new("driver", version)));
            if let Some(device) = device(&nvml, context) {
                let limit = device.enforced_power_limit().ok();
                facts.extend(limit.map(|limit| Fact::new("power limit", format!("{} W", limit / 1000))));
                for (name, clock) in
                    [("highest clock of the cores", Clock::SM), ("highest clock of the memory", Clock::Memory)]
                {
                    facts
                        .extend(device.max_clock_info(clock).ok().map(|clock| Fact::new(name, format!("{clock} MHz"))));
                }
            }
        }
        Err(error) => facts.push(Fact::new("NVML", format!("not here ({error}); no driver version, no clocks"))),
    }
    facts
}

/// Clocks, power, temperature and what slows the GPU down, now; nothing without NVML.
pub(super) fn condition(context: &CudaContext) -> Vec<Fact> {
    let Ok(nvml) = Nvml::init() else { return Vec::new() };
    let Some(device) = device(&nvml, context) else { return Vec::new() };
    let mut facts = Vec::new();
    for (name, clock) in [("clock of the cores", Clock::SM), ("clock of the memory", Clock::Memory)] {
        facts.extend(device.clock_info(clock).ok().map(|clock| Fact::new(name, format!("{clock} MHz"))));
    }
    facts.extend(device.power_usage().ok().map(|power| Fact::new("power", format!("{} W", power / 1000))));
    let temperature = device.temperature(TemperatureSensor::Gpu).ok();
    facts.extend(temperature.map(|celsius| Fact::new("temperature", format!("{celsius} °C"))));
    facts.extend(device.current_throttle_reasons().ok().map(|reasons| Fact::new("held back by", words(reasons))));
    facts
}

/// Bytes per second of the memory's pins: its highest clock, both edges of it, on the whole bus.
pub(super) fn nominal(context: &CudaContext) -> Option<f64> {
    let attribute = |attribute| context.attribute(attribute).ok().filter(|&value| value > 0).map(f64::from);
    let kilohertz = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE)?;
    let bits = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH)?;
    Some(pins(kilohertz, bits))
}

fn pins(kilohertz: f64, bits: f64) -> f64 {
    kilohertz * 1e3 * 2.0 * bits / 8.0
}

/// The GPU as NVML knows it. Its numbers are not CUDA's, so the identifier decides.
fn device<'a>(nvml: &'a Nvml, context: &CudaContext) -> Option<nvml_wrapper::Device<'a>> {
    let bytes = context.uuid().ok()?.bytes.map(|byte| byte as u8);
    nvml.device_by_uuid(uuid(bytes)).ok()
}

fn uuid(bytes: [u8; 16]) -> String {
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("GPU-{}-{}-{}-{}-{}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}

fn words(reasons: ThrottleReasons) -> String {
    let names: Vec<String> = reasons.iter_names().map(|(name, _)| name.to_lowercase().replace('_', " ")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The newest CUDA that the driver runs, in words.
fn cuda_version() -> Option<String> {
    driver_version().map(|version| format!("{}.{}", version / 1000, version % 1000 / 10))
}

/// The newest CUDA that the driver runs, as the driver writes it: 13000 is 13.0.
pub(super) fn driver_version() -> Option<i32> {
    let mut version = 0;
    // SAFETY: `version` is valid for writes.
    unsafe { sys::cuDriverGetVersion(&raw mut version) }.result().ok()?;
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_as_nvml_writes_them() {
        let bytes = std::array::from_fn(|i| i as u8 * 17);
        assert_eq!(uuid(bytes), "GPU-00112233-4455-6677-8899-aabbccddeeff");
    }

    #[test]
    fn rate_of_the_pins() {
        // HBM3 at 2619 MHz on 5120 bits.
        assert!((pins(2_619_000.0, 5120.0) / 1e12 - 3.352).abs() < 1e-3);
    }

    #[test]
    fn reasons_in_words() {
        assert_eq!(words(ThrottleReasons::empty()), "nothing");
        assert_eq!(words(ThrottleReasons::SW_POWER_CAP), "sw power cap");
    }
}
