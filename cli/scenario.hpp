#pragma once
// What to simulate: a YAML file, options of the command line, or a file with options over it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/profile.hpp"
#include "collectives/execute.hpp"
#include "collectives/group.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace cli {

/// A comparison of algorithms for one collective on one network.
///
///     topology: ../topologies/dgx-h100-64.yaml   # a file, a short form, or a mapping
///     changes: [{ fail: spine3 }]                # topology/changes.hpp
///     collective: all-reduce
///     algorithms: [ring, multitree]              # or all
///     sizes: 32KiB..1GiB                         # doubling; or a list
///     network: flow                              # ideal, flow or packet
///     packet: { payload: 4096 B, ... }           # of the packet network: packet_scenario.hpp
///     routing: auto                              # shortest, dimension-order, ecmp, split,
///                                                # adaptive, valiant, source
///     group: 0..15                               # GPUs; all if left out
///     root: 0                                    # rank, for collectives that have one
///     channels: 8                                # parallel instances; the algorithm's choice if 0
///     pieces: 0                                  # of a pipelined transfer, likewise
///     multitree: { order: fixpoint, interfaces: 0, routes: planned }
///     message_latency: 0 ns                      # software time before each message
///     reduction: 100 GB/s                        # of a rank's serial reduction; free if left out
///     nic: { kind: plain, slack: 0 }             # table, multitree: collectives/execute.hpp
///     phases: overlapped                         # or separate: collectives/request.hpp
///     seed: 1
///     profile: ../profiles/h100.yaml             # what messages cost on this GPU
///     gpu: h100_sxm                              # of the profile, if it has several
///     dtype: bfloat16                            # what is summed: switches do not add all types
///     variants: { ... }                          # the same under other conditions: variants.hpp
///
/// With a profile, `nccl` is an algorithm, too: the one that the library takes at each size, with
/// its protocol, its channels and its pieces. The others run with the start, the latency and the
/// rate that messages have in the protocol that suits the size best.
struct Scenario {
  std::string topology_name;  // short form, or path of the file
  topology::Topology topology;
  collectives::Group group;
  collectives::Collective collective{};
  std::vector<const collectives::Algorithm*> algorithms;
  std::vector<sim::Bytes> sizes;
  collectives::Request request;  // without size, topology and group: they differ, or would dangle
  collectives::ExecuteOptions execute;
  std::optional<calibration::GpuProfile> profile;
  std::string profile_name;      // "H100-SXM-80GB (configs/profiles/h100.yaml)"
  calibration::Number number{};  // what is summed
  std::string hash;              // 16 hexadecimal digits over everything above
};

/// Stands for the library's own choice: it has no schedule of its own.
[[nodiscard]] const collectives::Algorithm& library_choice();

/// Reads a scenario. `directory` is where relative paths start; empty for the current one.
///
/// Throws sim::Error at whatever is wrong, an algorithm that does not fit the network included.
[[nodiscard]] Scenario read_scenario(const sim::ConfigNode& node, const std::string& directory);

/// 16 hexadecimal digits that tell texts apart (Fowler, Noll and Vo; 64 bits).
[[nodiscard]] std::string hash_of(std::string_view text);

}  // namespace cli
