#pragma once
// How far ranks, their communicators and their messages are in a run.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/units.hpp"

namespace workloads {

/// The operations of a communicator, in the order in which its ranks begin them.
struct CommunicatorState {
  struct Turn {
    std::int32_t what = 0;
    std::size_t joined = 0;
    sim::Instant last_joined;
  };
  std::deque<Turn> turns;       // begun by some rank, and not over
  std::int64_t first_turn = 0;  // the number of the first of them
  bool is_running = false;      // the first one, on the network
  sim::Instant started;         // the first one
  sim::Instant free_from;       // when the last one was over
  struct Past {
    sim::Instant start;
    sim::Instant over;
  };
  std::vector<Past> past;  // per turn that is over
  std::vector<std::int32_t> waiting;
};

/// Messages from a rank to a peer, one after the other.
struct ChannelState {
  struct Message {
    std::int32_t bytes = 0;
    sim::Instant sent;
    std::int32_t from = 0;
    std::int32_t to = 0;
  };
  std::deque<Message> queued;  // and not yet arrived
  bool is_running = false;
  std::deque<sim::Instant> arrived;  // and not yet received
  sim::Instant last_arrived;
  std::int32_t receiver = -1;  // who waits for the next one
  std::int32_t sender = -1;    // who waits until all have arrived
};

struct RankState {
  std::size_t next = 0;               // instruction
  sim::Instant now;                   // of the GPU
  sim::Instant host;                  // when it has issued all up to here
  sim::Bytes held{};                  // of memory
  std::vector<std::int64_t> begun;    // per communicator slot
  std::vector<std::int64_t> counted;  // of these, as what slowed kernels down
  std::int32_t label = -1;
  bool is_recorded = false;
  bool is_done = false;
};

}  // namespace workloads
