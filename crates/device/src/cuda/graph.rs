//! A chain of launches as a graph: in which order they start, which of them may start early, what a changed scalar changes.
//! What makes and runs the graph is behind [`Maker`].

use cudarc::driver::DriverError;

use super::errors;
use super::launch::Launch;

/// What of graphs a driver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// None of what is used here.
    None,
    /// Graphs in which a launch starts when the one before has ended.
    Full,
    /// Early starts too.
    Early,
}

impl Support {
    /// By the newest CUDA that the driver runs, 13000 for 13.0. Calls that a driver lacks must not be tried.
    pub(super) fn of_driver(version: Option<i32>) -> Support {
        match version {
            Some(12030..) => Support::Early,
            Some(12000..) => Support::Full,
            Some(_) | None => Support::None,
        }
    }
}

/// How a launch follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// It starts when that has ended.
    Full,
    /// It may start earlier, and waits by itself.
    Early,
}

/// Makes and runs one graph.
pub(super) trait Maker {
    /// A launch in it.
    type Node: Copy;

    /// Adds a launch after another one.
    fn add(&mut self, launch: &mut Launch, after: Option<(Self::Node, Edge)>) -> Result<Self::Node, DriverError>;

    /// Readies it to run; nothing is added after that.
    fn finish(&mut self) -> Result<(), DriverError>;

    /// Replaces the arguments of a launch for the runs to come.
    fn set(&mut self, node: Self::Node, launch: &mut Launch) -> Result<(), DriverError>;

    /// Starts it.
    fn run(&mut self) -> Result<(), DriverError>;
}

/// Why no launch starts early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refused {
    /// The driver is too old.
    Old,
    /// It says no.
    Driver(DriverError),
}

impl Refused {
    pub(super) fn reason(self) -> String {
        match self {
            Refused::Old => "early starts in a graph need a driver for CUDA 12.3 or newer".to_owned(),
            Refused::Driver(error) => format!("the driver refuses early starts in a graph: {}", errors::text(error)),
        }
    }
}

/// A recorded chain.
pub(super) struct Graph<M: Maker> {
    maker: M,
    nodes: Vec<(M::Node, Launch)>,
}

impl<M: Maker> Graph<M> {
    /// The launches, each after the one before. If early starts are refused, none has one, and the reason is returned too.
    pub(super) fn record(
        make: impl Fn() -> Result<M, DriverError>,
        launches: Vec<Launch>,
        support: Support,
    ) -> Result<(Graph<M>, Option<Refused>), DriverError> {
        let wanted = launches.iter().skip(1).any(|launch| launch.dependent);
        let refused = match support {
            _ if !wanted => None,
            Support::Early => match Graph::build(make()?, launches.clone(), true) {
                Ok(graph) => return Ok((graph, None)),
                Err(error) => Some(Refused::Driver(error)),
            },
            Support::Full | Support::None => Some(Refused::Old),
        };
        Ok((Graph::build(make()?, launches, false)?, refused))
    }

    fn build(mut maker: M, launches: Vec<Launch>, early: bool) -> Result<Graph<M>, DriverError> {
        let mut nodes: Vec<(M::Node, Launch)> = Vec::with_capacity(launches.len());
        for mut launch in launches {
            let edge = if early && launch.dependent { Edge::Early } else { Edge::Full };
            let node = maker.add(&mut launch, nodes.last().map(|(before, _)| (*before, edge)))?;
            nodes.push((node, launch));
        }
        maker.finish()?;
        Ok(Graph { maker, nodes })
    }

    /// Replaces launch number `index`, which must be one of the same kernel, if anything of it has changed.
    pub(super) fn set(&mut self, index: usize, mut launch: Launch) -> Result<(), DriverError> {
        let Some((node, known)) = self.nodes.get_mut(index).filter(|(_, known)| *known != launch) else {
            return Ok(());
        };
        self.maker.set(*node, &mut launch)?;
        *known = launch;
        Ok(())
    }

    /// Starts it.
    pub(super) fn run(&mut self) -> Result<(), DriverError> {
        self.maker.run()
    }
}

#[cfg(test)]
mod tests;
