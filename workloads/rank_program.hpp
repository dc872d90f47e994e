#pragma once
// What ranks do, in order: compute, take part in collectives, send to and receive from neighbours.
// Many ranks have the same program; whom they talk to differs.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "sim/units.hpp"

namespace workloads {

/// One thing that a rank does. It goes on to the next one at once, but for `compute`, which takes
/// its time, and for those that wait.
///
/// The host issues all that a GPU does, and runs ahead of it. Of kernels in a row, the host takes
/// `host` to issue all; the GPU takes `time` for them, but is not done before `late` has passed
/// since the host began: the most, over the kernels, of what it takes to issue all up to this one,
/// and to run this one and those behind it.
struct Instruction {
  enum class Kind : std::uint8_t {
    compute,      // for `time`
    begin,        // takes part in operation `what` on its communicator `slot`
    wait,         // until the first `what` that it began on communicator `slot` are over; 0: all
    send,         // a message of `what` bytes to its peer `slot`
    receive,      // the next message from its peer `slot`
    drain,        // until its peer `slot` has all messages
    synchronise,  // the host waits until the GPU has come this far
    mark,         // what follows is named by label `what`, where it is recorded
    hold,         // holds amount `what` of memory more than before, or less
  };
  Kind kind{};
  std::uint8_t category = 0;  // of compute, or of the time that passes here
  std::uint16_t slot = 0;
  std::int32_t what = 0;
  sim::Duration time{};
  sim::Duration host{};
  sim::Duration late{};
};

/// Kernels after others, as one.
inline void join(Instruction& kernels, const Instruction& more) {
  kernels.late = std::max(kernels.late + more.time, kernels.host + more.late);
  kernels.time += more.time;
  kernels.host += more.host;
}

/// A collective that communicators of one slot carry out.
struct Operation {
  collectives::Collective collective{};
  sim::Bytes bytes;
};

/// Ranks that carry out operations together, one after the other: the k-th one begins when all have
/// begun their k-th and the one before is over.
struct Communicator {
  std::vector<std::int32_t> ranks;
  std::uint16_t slot = 0;
  // The endpoints of all its members, where `ranks` are the first ones of more that do the same.
  std::vector<std::int32_t> members{};
};

/// All that ranks do in a step.
struct RankPrograms {
  std::vector<std::vector<Instruction>> programs;
  std::vector<std::int32_t> program_of;     // per rank
  std::vector<std::int32_t> endpoint_of{};  // per rank: its number among those of the topology
  std::vector<double> pace_of{};            // per rank: how often the time that kernels take
  std::vector<Communicator> communicators;
  std::vector<std::vector<std::int32_t>> communicator_of;  // per rank and slot; -1: none
  std::vector<std::vector<std::int32_t>> peer_of;          // per rank and slot; -1: none
  std::vector<std::vector<Operation>> operations;          // per communicator slot
  std::vector<std::string> labels{};
  std::vector<sim::Bytes> amounts{};
  // Ranks wait for their messages, those sent and those to come, and do nothing else meanwhile.
  bool wait_for_messages = false;
  double slowdown = 1;  // of kernels beside a collective: they share the GPU

  [[nodiscard]] std::int32_t ranks() const { return static_cast<std::int32_t>(program_of.size()); }
};

}  // namespace workloads
