//! Memories with a record of who touched what.

use half::{bf16, f16};
use tile_ir::Elem;

use super::trap::TrapKind;

/// Who accesses: a thread, or a subgroup with its matrix unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agent(pub(super) u32);

/// Numbers of agents from which the accumulators and operands of subgroups start.
pub(super) const ACCUMULATOR: u32 = 1 << 20;
pub(super) const OPERAND: u32 = 2 << 20;

impl Agent {
    fn name(self) -> String {
        match self.0 {
            thread @ 0..ACCUMULATOR => format!("thread {thread}"),
            n @ ACCUMULATOR..OPERAND => format!("an accumulator of subgroup {}", n - ACCUMULATOR),
            n => format!("an operand of subgroup {}", n - OPERAND),
        }
    }
}

const NONE: u32 = u32::MAX;
const MANY: u32 = u32::MAX - 1;

/// Touches of one element. Epochs count barriers over the whole run.
#[derive(Clone, Copy)]
struct Touch {
    writer: u32,
    write_program: u32,
    write_epoch: u64,
    reader: u32,
    read_program: u32,
    read_epoch: u64,
}

const UNTOUCHED: Touch =
    Touch { writer: NONE, write_program: NONE, write_epoch: 0, reader: NONE, read_program: NONE, read_epoch: 0 };

/// Where in the run an access happens.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) program: u32,
    pub(super) epoch: u64,
}

/// Bytes of a memory.
pub(super) enum Bytes<'a> {
    In(&'a [u8]),
    Out(&'a mut [u8]),
    Own(Vec<u8>),
}

impl Bytes<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Bytes::In(bytes) => bytes.len(),
            Bytes::Out(bytes) => bytes.len(),
            Bytes::Own(bytes) => bytes.len(),
        }
    }
}

/// A memory of a launch.
pub(super) struct Memory<'a> {
    pub(super) name: String,
    pub(super) elem: Elem,
    pub(super) len: u64,
    bytes: Bytes<'a>,
    /// Which elements have values; empty if all have.
    defined: Vec<bool>,
    /// Empty for memory that is only read.
    touches: Vec<Touch>,
    /// By owner number: for each element, the program and agent that touched it through that owner.
    owners: Vec<(u32, Vec<(u32, u32)>)>,
}

impl<'a> Memory<'a> {
    /// `unwritten`: reading what nobody wrote traps.
    pub(super) fn new(name: String, elem: Elem, len: u64, bytes: Bytes<'a>, unwritten: bool) -> Memory<'a> {
        let count = len as usize;
        let read_only = matches!(bytes, Bytes::In(_));
        Memory {
            name,
            elem,
            len,
            bytes,
            defined: if unwritten { vec![false; count] } else { Vec::new() },
            touches: if read_only { Vec::new() } else { vec![UNTOUCHED; count] },
            owners: Vec::new(),
        }
    }

    /// Forgets contents and touches: a new program starts.
    pub(super) fn reset(&mut self) {
        self.defined.fill(false);
        self.touches.fill(UNTOUCHED);
        self.owners.clear();
    }

    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::In(bytes) => bytes,
            Bytes::Out(bytes) => bytes,
            Bytes::Own(bytes) => bytes,
        }
    }

    /// Takes `bytes` bytes of `from`, from element `first` on, at its own start. No thread writes them.
    pub(super) fn receive(&mut self, from: &Memory<'_>, first: u64, bytes: u64) -> Result<(), TrapKind> {
        let size = self.elem.bytes();
        let count = bytes / size;
        let at = from.range(i64::try_from(first).unwrap_or(i64::MAX), count)?;
        self.range(0, count)?;
        let (at, count, size) = (at, count as usize, size as usize);
        match &mut self.bytes {
            Bytes::Own(own) if self.elem == from.elem => {
                own[..count * size].copy_from_slice(&from.bytes()[at * size..][..count * size]);
                self.defined[..count].fill(true);
                Ok(())
            }
            Bytes::Own(_) | Bytes::In(_) | Bytes::Out(_) => {
                Err(TrapKind::Malformed(format!("`{}` is copied into `{}`", from.name, self.name)))
            }
        }
    }

    /// The first of `lanes` elements from `offset`.
    pub(super) fn range(&self, offset: i64, lanes: u64) -> Result<usize, TrapKind> {
        let outside = |offset| TrapKind::OutOfBounds { name: self.name.clone(), offset, len: self.len };
        if offset < 0 {
            return Err(outside(offset));
        }
        if (offset as u64).checked_add(lanes).is_none_or(|end| end > self.len) {
            return Err(outside(offset.max(self.len as i64)));
        }
        Ok(offset as usize)
    }

    /// Whether `offset` is a multiple of `multiple`.
    pub(super) fn aligned(&self, offset: i64, multiple: u64) -> Result<(), TrapKind> {
        if offset.rem_euclid(multiple as i64) == 0 {
            return Ok(());
        }
        Err(TrapKind::Misaligned { name: self.name.clone(), offset, multiple })
    }

    fn owned(&mut self, at: usize, agent: Agent, moment: Moment, owner: Option<u32>) -> Result<(), TrapKind> {
        let Some(owner) = owner else { return Ok(()) };
        let slot = match self.owners.iter().position(|(number, _)| *number == owner) {
            Some(slot) => slot,
            None => {
                self.owners.push((owner, vec![(NONE, NONE); self.len as usize]));
                self.owners.len() - 1
            }
        };
        let touched = &mut self.owners[slot].1[at];
        let (program, before) = *touched;
        if program == moment.program && before != agent.0 {
            return Err(TrapKind::NotOwned {
                name: self.name.clone(),
                offset: at as u64,
                owner,
                first: Agent(before).name(),
                second: agent.name(),
            });
        }
        *touched = (moment.program, agent.0);
        Ok(())
    }

    /// `first`: what was done, by whom, in which program.
    fn race(&self, at: usize, first: (&str, u32, u32), second: (&str, Agent), now: Moment) -> TrapKind {
        let ((first, by, program), (second, agent)) = (first, second);
        let other = if program == now.program { "" } else { " of another program" };
        let by = if by == MANY { "several threads".into() } else { Agent(by).name() };
        TrapKind::Race {
            name: self.name.clone(),
            offset: at as u64,
            first: format!("a {first} by {by}{other}"),
            second: format!("a {second} by {}", agent.name()),
        }
    }

    /// Bits of an element in the register type. `at` is in range.
    pub(super) fn read(
        &mut self,
        at: usize,
        agent: Agent,
        moment: Moment,
        owner: Option<u32>,
    ) -> Result<u64, TrapKind> {
        if self.defined.get(at) == Some(&false) {
            return Err(TrapKind::Unwritten { name: self.name.clone(), offset: at as u64 });
        }
        if let Some(&touch) = self.touches.get(at) {
            let Moment { program, epoch } = moment;
            if touch.writer != NONE
                && (touch.write_program != program || (touch.write_epoch == epoch && touch.writer != agent.0))
            {
                return Err(self.race(at, ("write", touch.writer, touch.write_program), ("read", agent), moment));
            }
            let touch = &mut self.touches[at];
            let (same_epoch, same_program) = (touch.read_epoch == epoch, touch.read_program == program);
            touch.reader = match touch.reader {
                NONE => agent.0,
                reader if same_epoch && same_program && reader != agent.0 => MANY,
                _ => agent.0,
            };
            touch.read_program = if touch.read_program == NONE || same_program { program } else { MANY };
            touch.read_epoch = epoch;
            self.owned(at, agent, moment, owner)?;
        }
        Ok(load(self.elem, self.bytes(), at))
    }

    /// Stores bits of the register type. `at` is in range.
    pub(super) fn write(
        &mut self,
        at: usize,
        bits: u64,
        agent: Agent,
        moment: Moment,
        owner: Option<u32>,
    ) -> Result<(), TrapKind> {
        let Moment { program, epoch } = moment;
        let Some(&touch) = self.touches.get(at) else {
            return Err(TrapKind::ReadOnly(self.name.clone()));
        };
        if touch.writer != NONE
            && (touch.write_program != program || (touch.write_epoch == epoch && touch.writer != agent.0))
        {
            return Err(self.race(at, ("write", touch.writer, touch.write_program), ("write", agent), moment));
        }
        if touch.reader != NONE
            && (touch.read_program != program || (touch.read_epoch == epoch && touch.reader != agent.0))
        {
            return Err(self.race(at, ("read", touch.reader, touch.read_program), ("write", agent), moment));
        }
        self.owned(at, agent, moment, owner)?;
        let touch = &mut self.touches[at];
        (touch.writer, touch.write_program, touch.write_epoch) = (agent.0, program, epoch);
        if let Some(defined) = self.defined.get_mut(at) {
            *defined = true;
        }
        let elem = self.elem;
        match &mut self.bytes {
            Bytes::In(_) => Err(TrapKind::ReadOnly(self.name.clone())),
            Bytes::Out(bytes) => {
                store(elem, bytes, at, bits);
                Ok(())
            }
            Bytes::Own(bytes) => {
                store(elem, bytes, at, bits);
                Ok(())
            }
        }
    }
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut word = [0; N];
    word.copy_from_slice(&bytes[at * N..][..N]);
    word
}

fn load(elem: Elem, bytes: &[u8], at: usize) -> u64 {
    match elem {
        Elem::F32 | Elem::I32 => u64::from(u32::from_le_bytes(word(bytes, at))),
        Elem::F16 => u64::from(f16::from_le_bytes(word(bytes, at)).to_f32().to_bits()),
        Elem::Bf16 => u64::from(u16::from_le_bytes(word(bytes, at))) << 16,
        Elem::I1 => u64::from(bytes[at] != 0),
        Elem::I8 => u64::from(bytes[at]),
        Elem::I64 | Elem::Index => u64::from_le_bytes(word(bytes, at)),
    }
}

fn store(elem: Elem, bytes: &mut [u8], at: usize, bits: u64) {
    let float = f32::from_bits(bits as u32);
    match elem {
        Elem::F32 | Elem::I32 => bytes[at * 4..][..4].copy_from_slice(&(bits as u32).to_le_bytes()),
        Elem::F16 => bytes[at * 2..][..2].copy_from_slice(&f16::from_f32(float).to_le_bytes()),
        Elem::Bf16 => bytes[at * 2..][..2].copy_from_slice(&bf16::from_f32(float).to_le_bytes()),
        Elem::I1 | Elem::I8 => bytes[at] = bits as u8,
        Elem::I64 | Elem::Index => bytes[at * 8..][..8].copy_from_slice(&bits.to_le_bytes()),
    }
}
