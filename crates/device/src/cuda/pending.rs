//! Launches that have not been waited for.

/// How many launches were sent, and how many of them are known to have ended well.
#[derive(Debug, Default)]
pub(super) struct Pending {
    sent: u64,
    ended: u64,
    /// Kernel of the first one that has not been waited for, as far as it is known.
    first: Option<String>,
}

impl Pending {
    /// Counts launches, from kernel `first` on.
    pub(super) fn send(&mut self, first: &str, count: usize) {
        if self.sent == self.ended || self.first.is_none() {
            self.first = Some(first.to_owned());
        }
        self.sent += count as u64;
    }

    /// Number of the next launch.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// The launches before this number have ended well.
    pub(super) fn ended(&mut self, number: u64) {
        self.ended = self.ended.max(number.min(self.sent));
    }

    /// All have.
    pub(super) fn all_ended(&mut self) {
        self.ended = self.sent;
    }

    /// After a failure: the first kernel that may have failed and how many launches may have; none is waited for any more.
    /// If there are none, it is `last` itself.
    pub(super) fn failed(&mut self, last: &str) -> (String, u32) {
        let count = u32::try_from(self.sent - self.ended).unwrap_or(u32::MAX);
        self.ended = self.sent;
        match self.first.take() {
            Some(first) if count > 0 => (first, count),
            Some(_) | None => (last.to_owned(), 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_not_blamed() {
        let mut pending = Pending::default();
        assert_eq!(pending.failed("upload"), ("upload".to_owned(), 1));
        pending.send("a", 3);
        let three = pending.sent();
        pending.send("b", 2);
        pending.ended(three);
        assert_eq!(pending.failed("sync").1, 2);
        assert_eq!(pending.failed("sync"), ("sync".to_owned(), 1), "a failure is told once");
        pending.send("c", 1);
        pending.all_ended();
        pending.send("d", 4);
        // A choice that was made long ago takes nothing back.
        pending.ended(three);
        assert_eq!(pending.failed("sync"), ("d".to_owned(), 4));
    }
}
