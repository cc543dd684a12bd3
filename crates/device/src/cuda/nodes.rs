//! Launch graphs of the driver.

use std::ptr::{null, null_mut};
use std::sync::Arc;

use cudarc::driver::sys::{self, CUgraph, CUgraphDependencyType, CUgraphEdgeData, CUgraphExec, CUgraphNode};
use cudarc::driver::{CudaStream, DriverError, result};

use super::graph::{Edge, Maker};
use super::launch::Launch;

/// A graph and, once it is finished, what the GPU runs.
pub(super) struct Nodes {
    graph: CUgraph,
    exec: CUgraphExec,
    stream: Arc<CudaStream>,
}

impl Nodes {
    /// An empty graph for the stream, whose context is bound.
    pub(super) fn new(stream: &Arc<CudaStream>) -> Result<Nodes, DriverError> {
        let mut graph = null_mut();
        // SAFETY: `graph` is valid for writes.
        unsafe { sys::cuGraphCreate(&raw mut graph, 0) }.result()?;
        Ok(Nodes { graph, exec: null_mut(), stream: Arc::clone(stream) })
    }
}

impl Maker for Nodes {
    type Node = CUgraphNode;

    fn add(&mut self, launch: &mut Launch, after: Option<(CUgraphNode, Edge)>) -> Result<CUgraphNode, DriverError> {
        let mut node = null_mut();
        let (before, count) = match &after {
            Some((before, Edge::Full)) => (&raw const *before, 1),
            Some((_, Edge::Early)) | None => (null(), 0),
        };
        launch.as_node(|params| {
            // SAFETY: a live graph and a node of it; the driver copies the parameters before it returns.
            unsafe { sys::cuGraphAddKernelNode_v2(&raw mut node, self.graph, before, count, params) }.result()
        })?;
        if let Some((before, Edge::Early)) = after {
            // The launch may start once every group before it has asked for that, or has ended.
            let edge = CUgraphEdgeData {
                from_port: sys::CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC as u8,
                to_port: 0,
                type_: CUgraphDependencyType::CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC as u8,
                reserved: [0; 5],
            };
            // SAFETY: a live graph and two nodes of it.
            let added = unsafe {
                sys::cuGraphAddDependencies_v2(self.graph, &raw const before, &raw const node, &raw const edge, 1)
            };
            added.result()?;
        }
        Ok(node)
    }

    fn finish(&mut self) -> Result<(), DriverError> {
        // SAFETY: a live graph.
        self.exec = unsafe { result::graph::instantiate(self.graph, sys::CUgraphInstantiate_flags(0)) }?;
        // SAFETY: just made, for the context of this stream.
        unsafe { result::graph::upload(self.exec, self.stream.cu_stream()) }
    }

    fn set(&mut self, node: CUgraphNode, launch: &mut Launch) -> Result<(), DriverError> {
        launch.as_node(|params| {
            // SAFETY: a finished graph and a node of it; the driver copies the parameters before it returns.
            unsafe { sys::cuGraphExecKernelNodeSetParams_v2(self.exec, node, params) }.result()
        })
    }

    fn run(&mut self) -> Result<(), DriverError> {
        // SAFETY: a finished graph, in the context of this stream.
        unsafe { result::graph::launch(self.exec, self.stream.cu_stream()) }
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        // Nothing can be done about a failure. The driver lets a run that is under way end.
        let _ = self.stream.context().bind_to_thread();
        if !self.exec.is_null() {
            // SAFETY: made once, destroyed once.
            let _ = unsafe { result::graph::exec_destroy(self.exec) };
        }
        // SAFETY: made once, destroyed once.
        let _ = unsafe { result::graph::destroy(self.graph) };
    }
}
