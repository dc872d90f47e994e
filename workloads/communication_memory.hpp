#pragma once
// What a rank holds so that it can talk to others.
//
// NCCL's buffers: a connection has one for each protocol, of 4 MiB, 4.7 MiB and 512 KiB
// (NCCL_BUFFSIZE and its like), which take 10 MiB of pages of 2 MiB. A rank of a communicator has
// one per channel for the ring, and for the tree two: one of them for its parent, one for a child.
// An all-to-all connects it with each of its peers in a server, on all channels; messages over NICs
// share a buffer. (NCCL 2.19, src/init.cc. Its issue 1685 counts 10,485,760 bytes for each of 32
// channels and 7 peers: 2.3 of the 3.3 GB that an all-to-all takes there, the rest is for sending.)
//
// Tensors that are on their way: a message to the next stage and one from there, what sequence
// parallelism has gathered for a product, and, where replicas have parts of gradients or weights
// only, whole ones of a layer, twice where they come or go beside passes.

#include <cstdint>

#include "workloads/layout.hpp"
#include "workloads/software.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// Bytes of a rank of `stage`.
[[nodiscard]] double communication_bytes(const Transformer& model, const Layout& layout,
                                         const Software& software, std::int32_t stage);

}  // namespace workloads
