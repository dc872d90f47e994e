#pragma once

#include <cstdint>
#include <vector>

#include "collectives/schedule.hpp"
#include "sim/engine.hpp"
#include "sim/network.hpp"
#include "sim/units.hpp"

namespace collectives {

/// A rank's serial reduction unit: a message of s bytes keeps it for `start` and for the time of s
/// bytes, filled up to a multiple of `granule`, at `bandwidth`.
struct Reduction {
  sim::Bandwidth bandwidth;
  sim::Bytes granule{1};
  sim::Duration start{};
};

/// Hears that a message has been reduced.
class ReductionListener {
 public:
  ReductionListener() = default;
  ReductionListener(const ReductionListener&) = delete;
  ReductionListener& operator=(const ReductionListener&) = delete;
  ReductionListener(ReductionListener&&) = delete;
  ReductionListener& operator=(ReductionListener&&) = delete;
  virtual ~ReductionListener() = default;

  virtual void on_reduced(TransferId id, sim::Carry carry) = 0;
};

/// The units of all ranks, one each: messages are reduced in the order in which they come, and in
/// that of their flows if they come at one instant.
class ReductionUnits final : public sim::EventHandler {
 public:
  /// All but `unit` outlive this.
  ReductionUnits(sim::Engine& engine, const Schedule& schedule, const Reduction& unit,
                 ReductionListener& listener);

  /// The next message of `id` has come.
  void take(TransferId id, sim::Carry carry);

  void on_event(std::uint64_t payload) override;
  void on_instant_end() override;

 private:
  struct Taken {
    std::int32_t flow = 0;
    std::int32_t message = 0;
    TransferId transfer{};
    sim::Carry carry = 0;
  };

  sim::Engine* engine_;
  const Schedule* schedule_;
  Reduction unit_;
  ReductionListener* listener_;
  sim::HandlerId self_;
  std::vector<sim::Instant> free_;   // per rank
  std::vector<std::int32_t> taken_;  // per transfer: messages
  std::vector<Taken> at_once_;       // that came at this instant
};

}  // namespace collectives
