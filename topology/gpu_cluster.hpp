#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// Servers of GPUs: a fast network inside each (scale-up), NICs, and leaf and spine switches
/// between them (scale-out).
///
///   shape     NxG: N servers ("node0" ...) of G GPUs ("node0.gpu0" ...); ranks go through a server
///   scale_up  nvswitch (if left out): one switch per server, a cable from each GPU to it;
///             direct: a cable between every two GPUs of a server. Neither if G is 1
///   nics      per server, G if left out. Divides G: GPU g uses NIC g nics / G. A multiple of G:
///             GPU g owns nics / G of them. A single server has none unless `nics` is given
///   fabric    rail (if left out): leaf i of a pod joins the NICs i of the pod's servers;
///             leaf-spine: a leaf joins all NICs of its servers
///   nodes_per_leaf    servers in a pod, or under a leaf; N if left out; divides N
///   oversubscription  what enters a leaf from below over what leaves it upwards, if `nic` and
///             `fabric_link` are equal; 1 if left out; divides the NICs under a leaf
///   spines    NICs under a leaf / oversubscription, or what this key says; each leaf has one cable
///             to each. None if there is only one leaf
///
/// GPUs do not relay; NICs and switches do. The links are `nvlink` (GPU to NVSwitch, or between two
/// GPUs), `pcie` (GPU to NIC), `nic` (NIC to leaf) and `fabric_link` (leaf to spine; as `nic` if
/// left out). What is left out is that of a DGX H100; with `direct`, a GPU's NVLink rate is divided
/// among its cables. `injection` as everywhere.
///
/// Partitions: "server" (GPUs, NICs and NVSwitch), then "leaf" (leaf-spine: the servers under a
/// leaf, and the leaf) or "pod" (rail: a pod's servers and leaves) if there are at least two.
///
/// A node's out-links begin with the scale-up ones.
[[nodiscard]] Topology build_gpu_cluster(const sim::ConfigNode& spec);

}  // namespace topology
