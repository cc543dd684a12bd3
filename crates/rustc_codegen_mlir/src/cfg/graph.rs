//! Directed graphs over block numbers: orders, dominators, cycles.

use std::collections::{BTreeMap, BTreeSet};

/// A graph; nodes are `0..len`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    successors: Vec<Vec<usize>>,
}

/// A natural loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NaturalLoop {
    /// The block that dominates it.
    pub(crate) header: usize,
    /// All its blocks.
    pub(crate) blocks: BTreeSet<usize>,
    /// Blocks that jump back to the header.
    pub(crate) latches: Vec<usize>,
}

impl Graph {
    /// A graph with these successors.
    pub(crate) fn new(successors: Vec<Vec<usize>>) -> Graph {
        Graph { successors }
    }

    /// Successors of a node.
    pub(crate) fn successors(&self, node: usize) -> &[usize] {
        &self.successors[node]
    }

    /// The graph with only the edges between nodes of `keep`, and without edges into `without`.
    pub(crate) fn restricted(&self, keep: &BTreeSet<usize>, without: Option<usize>) -> Graph {
        let mut successors = vec![Vec::new(); self.successors.len()];
        for &node in keep {
            let inside = |to: &&usize| keep.contains(to) && Some(**to) != without;
            successors[node] = self.successors[node].iter().filter(inside).copied().collect();
        }
        Graph { successors }
    }

    /// Nodes reachable from `entry`, in reverse postorder.
    pub(crate) fn reverse_postorder(&self, entry: usize) -> Vec<usize> {
        let mut seen = vec![false; self.successors.len()];
        let mut order = Vec::new();
        let mut stack = vec![(entry, 0)];
        seen[entry] = true;
        while let Some((node, next)) = stack.last_mut() {
            // Later successors first, so that the first one comes first in the reversed order.
            let successors = &self.successors[*node];
            let Some(&to) = successors.len().checked_sub(*next + 1).and_then(|i| successors.get(i)) else {
                order.push(*node);
                stack.pop();
                continue;
            };
            *next += 1;
            if !std::mem::replace(&mut seen[to], true) {
                stack.push((to, 0));
            }
        }
        order.reverse();
        order
    }

    /// Predecessors of every node.
    pub(crate) fn predecessors(&self) -> Vec<Vec<usize>> {
        let mut predecessors = vec![Vec::new(); self.successors.len()];
        for (from, successors) in self.successors.iter().enumerate() {
            for &to in successors {
                predecessors[to].push(from);
            }
        }
        predecessors
    }

    /// Immediate dominators of the nodes reachable from `entry` (the entry's is itself).
    pub(crate) fn dominators(&self, entry: usize) -> Dominators {
        let order = self.reverse_postorder(entry);
        let position: BTreeMap<usize, usize> = order.iter().enumerate().map(|(i, &node)| (node, i)).collect();
        let predecessors = self.predecessors();
        let mut immediate = BTreeMap::from([(entry, entry)]);
        let mut changed = true;
        while changed {
            changed = false;
            for &node in order.iter().skip(1) {
                let mut known = predecessors[node].iter().copied().filter(|p| immediate.contains_key(p));
                let Some(first) = known.next() else { continue };
                let meet = known.fold(first, |a, b| intersect(&immediate, &position, a, b));
                changed |= immediate.insert(node, meet) != Some(meet);
            }
        }
        Dominators { entry, immediate }
    }

    /// Nodes of `keep` on a cycle with `node` (itself included if it is on one), inside `keep`.
    pub(crate) fn cycle_of(&self, node: usize, keep: &BTreeSet<usize>) -> BTreeSet<usize> {
        let inside = self.restricted(keep, None);
        let forward: BTreeSet<usize> = inside.reverse_postorder(node).into_iter().collect();
        let backward = Graph::new(inside.predecessors());
        let reaches: BTreeSet<usize> = backward.reverse_postorder(node).into_iter().collect();
        let cycle: BTreeSet<usize> = forward.intersection(&reaches).copied().collect();
        if cycle.len() == 1 && !inside.successors[node].contains(&node) {
            return BTreeSet::new();
        }
        cycle
    }

    /// Natural loops of the part reachable from `entry`, by header; loops that share a header are one.
    pub(crate) fn natural_loops(&self, entry: usize) -> Vec<NaturalLoop> {
        let dominators = self.dominators(entry);
        let predecessors = self.predecessors();
        let mut loops: BTreeMap<usize, NaturalLoop> = BTreeMap::new();
        for node in self.reverse_postorder(entry) {
            for &header in &self.successors[node] {
                if !dominators.dominates(header, node) {
                    continue;
                }
                let found = loops.entry(header).or_insert_with(|| NaturalLoop {
                    header,
                    blocks: BTreeSet::from([header]),
                    latches: Vec::new(),
                });
                found.latches.push(node);
                let mut work = vec![node];
                while let Some(block) = work.pop() {
                    if dominators.contains(block) && found.blocks.insert(block) {
                        work.extend(&predecessors[block]);
                    }
                }
            }
        }
        loops.into_values().collect()
    }
}

fn intersect(immediate: &BTreeMap<usize, usize>, position: &BTreeMap<usize, usize>, a: usize, b: usize) -> usize {
    let (mut a, mut b) = (a, b);
    while a != b {
        while position[&a] > position[&b] {
            a = immediate[&a];
        }
        while position[&b] > position[&a] {
            b = immediate[&b];
        }
    }
    a
}

/// Dominator tree.
#[derive(Clone, Debug)]
pub(crate) struct Dominators {
    entry: usize,
    immediate: BTreeMap<usize, usize>,
}

impl Dominators {
    /// Whether every path from the entry to `node` passes `by` (a node dominates itself). False for unreachable nodes.
    pub(crate) fn dominates(&self, by: usize, node: usize) -> bool {
        let mut at = node;
        while let Some(&up) = self.immediate.get(&at) {
            if at == by {
                return true;
            }
            if at == self.entry {
                return false;
            }
            at = up;
        }
        false
    }

    /// Whether the node is reachable.
    pub(crate) fn contains(&self, node: usize) -> bool {
        self.immediate.contains_key(&node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(nodes: &[usize]) -> BTreeSet<usize> {
        nodes.iter().copied().collect()
    }

    /// 0 -> 1 -> {2, 3} -> 4 -> 1, 1 -> 5
    fn diamond_in_loop() -> Graph {
        Graph::new(vec![vec![1], vec![2, 3, 5], vec![4], vec![4], vec![1], vec![]])
    }

    #[test]
    fn dominators_of_a_diamond_in_a_loop() {
        let dominators = diamond_in_loop().dominators(0);
        assert!(dominators.dominates(1, 4) && dominators.dominates(0, 5) && dominators.dominates(4, 4));
        assert!(!dominators.dominates(2, 4) && !dominators.dominates(4, 1));
    }

    #[test]
    fn loops_and_cycles() {
        let graph = diamond_in_loop();
        let loops = graph.natural_loops(0);
        assert_eq!(loops.len(), 1);
        assert_eq!((loops[0].header, &loops[0].blocks, &loops[0].latches), (1, &set(&[1, 2, 3, 4]), &vec![4]));
        assert_eq!(graph.cycle_of(3, &set(&[0, 1, 2, 3, 4, 5])), set(&[1, 2, 3, 4]));
        assert_eq!(graph.cycle_of(3, &set(&[2, 3, 4])), set(&[]));
        assert_eq!(Graph::new(vec![vec![0]]).cycle_of(0, &set(&[0])), set(&[0]));
    }

    #[test]
    fn order_follows_first_successors() {
        assert_eq!(diamond_in_loop().reverse_postorder(0), vec![0, 1, 2, 3, 4, 5]);
        let graph = Graph::new(vec![vec![1, 2], vec![3], vec![3], vec![], vec![0]]);
        assert_eq!(graph.reverse_postorder(0), vec![0, 1, 2, 3]);
        assert!(!graph.dominators(0).contains(4));
    }
}
