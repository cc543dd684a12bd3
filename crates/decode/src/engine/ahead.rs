//! Texts whose steps run ahead of the host: the device feeds itself the tokens that it picks.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use device::Choice;

use super::Engine;
use super::launch::Until;
use crate::error::Error;

/// Steps that are sent before the token of an earlier one is known to the host: enough that the device never waits for it.
pub const AHEAD: u64 = 2;

impl Engine {
    /// Appends `first`, then each token that the device picks, and tells each to `each` in the order of the text: what
    /// [`Engine::next`] would return, `count` times, or until `each` breaks. Up to `ahead` steps are sent before the token
    /// of an earlier one is known here. If the text ends early, those that have run for nothing are forgotten: the context
    /// then has `first` and all tokens told but for the last.
    ///
    /// # Errors
    /// As [`Engine::next`]; a context that the cache cannot hold is refused before anything runs.
    pub fn greedy(
        &mut self,
        first: u32,
        count: u64,
        ahead: u64,
        each: &mut dyn FnMut(u32) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let start = self.position;
        self.check_room(start.saturating_add(count))?;
        if count == 0 {
            return Ok(());
        }
        self.begin(first)?;
        let mut sent: VecDeque<Choice> = VecDeque::new();
        let mut told = 0;
        let result = self.stream(count, ahead, &mut sent, &mut told, each);
        // Tokens that nobody wants: their steps must have ended before another text begins.
        let rest = sent.into_iter().try_for_each(|choice| self.device.chosen(choice).map(drop));
        let ran = self.position - start;
        self.position = start + told;
        if ran != told {
            // The device holds a token of a step that is forgotten.
            self.held = None;
        }
        result?;
        Ok(rest?)
    }

    fn stream(
        &mut self,
        count: u64,
        ahead: u64,
        sent: &mut VecDeque<Choice>,
        told: &mut u64,
        each: &mut dyn FnMut(u32) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let start = self.position;
        while *told < count {
            while self.position - start < count && sent.len() as u64 <= ahead {
                self.run(Until::Token)?;
                self.position += 1;
                let choice = self.choose()?;
                // A device that waited for it gains nothing by running ahead, and would run in vain where a text ends.
                let is_here = matches!(choice, Choice::Here(_));
                sent.push_back(choice);
                if is_here {
                    break;
                }
            }
            let Some(choice) = sent.pop_front() else { break };
            let token = self.chosen(choice, start + *told)?;
            *told += 1;
            self.held = Some(token);
            if each(token).is_break() {
                break;
            }
        }
        Ok(())
    }
}
