//! Steps: a token in, the next one or its logits out.

use device::{Choice, Chosen};

use super::Engine;
use super::launch::Until;
use crate::error::Error;

impl Engine {
    /// Appends a token without asking what comes next.
    ///
    /// # Errors
    /// A token outside the vocabulary, a full cache, a device that fails.
    pub fn feed(&mut self, token: u32) -> Result<(), Error> {
        self.advance(token, Until::Cache)
    }

    /// Appends a token and returns the most likely next one, picked on the device.
    ///
    /// # Errors
    /// As [`Engine::feed`], or a winning logit that is not finite.
    pub fn next(&mut self, token: u32) -> Result<u32, Error> {
        self.advance(token, Until::Token)?;
        self.winner()
    }

    /// Appends a token and returns the logits of the next one, one per token of the vocabulary.
    ///
    /// # Errors
    /// As [`Engine::feed`], or a logit that is not finite.
    pub fn next_logits(&mut self, token: u32) -> Result<Vec<f32>, Error> {
        self.advance(token, Until::Logits)?;
        let mut bytes = vec![0; self.config.vocab as usize * 4];
        self.device.download(self.buffers[self.plan.logits_buffer], 0, &mut bytes)?;
        let logits: Vec<f32> = bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
        if logits.iter().all(|logit| logit.is_finite()) {
            Ok(logits)
        } else {
            Err(Error::NotFinite { position: self.position - 1 })
        }
    }

    /// Picks the most likely token of the logits that [`Engine::next_logits`] left on the device.
    ///
    /// # Errors
    /// A device that fails, or a winning logit that is not finite.
    pub fn argmax(&mut self) -> Result<u32, Error> {
        self.pick()?;
        self.winner()
    }

    /// Appends a token by the launches of a step, as far as they are wanted.
    fn advance(&mut self, token: u32, until: Until) -> Result<(), Error> {
        self.begin(token)?;
        self.run(until)?;
        self.position += 1;
        Ok(())
    }

    /// Puts the token where the kernels look for it.
    pub(super) fn begin(&mut self, token: u32) -> Result<(), Error> {
        if u64::from(token) >= self.config.vocab {
            let vocab = self.config.vocab;
            return Err(Error::input(format!("token {token} is outside the vocabulary of {vocab} tokens")));
        }
        self.check_room(self.position + 1)?;
        // The token that the device picked is where it is looked for already.
        if self.held != Some(token) {
            self.upload(self.plan.token, &token.to_le_bytes())?;
            self.held = Some(token);
        }
        Ok(())
    }

    /// The token that the device has just picked.
    fn winner(&mut self) -> Result<u32, Error> {
        let choice = self.choose()?;
        let token = self.chosen(choice, self.position - 1)?;
        self.held = Some(token);
        Ok(token)
    }

    /// Asks for the token that the device picks for the step sent last.
    pub(super) fn choose(&mut self) -> Result<Choice, Error> {
        Ok(self.device.choose(self.buffers[self.plan.token], self.buffers[self.plan.logits_buffer])?)
    }

    /// The token that was asked for; `position` is that of its step.
    pub(super) fn chosen(&mut self, choice: Choice, position: u64) -> Result<u32, Error> {
        let Chosen { index, value } = self.device.chosen(choice)?;
        if u64::from(index) < self.config.vocab && value.is_finite() {
            Ok(index)
        } else {
            Err(Error::NotFinite { position })
        }
    }

    /// Appends a token and asks for the next, with `time` called around each launch; for the benchmark.
    pub(crate) fn next_timed(&mut self, token: u32, time: &mut dyn FnMut(std::time::Duration)) -> Result<u32, Error> {
        self.begin(token)?;
        self.held = None;
        self.device.sync()?;
        let form = self.form();
        for index in 0..self.forms[form].launches.len() {
            let bound = &mut self.forms[form].launches[index];
            bound.at(self.position)?;
            time(self.device.launch_timed(&bound.binding)?);
        }
        self.position += 1;
        self.winner()
    }
}
