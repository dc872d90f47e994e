#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine.hpp"
#include "sim/fabric.hpp"
#include "sim/max_min.hpp"
#include "sim/network.hpp"

namespace sim {

/// Messages as fluid flows: each moves at its max-min fair rate over the links of its lane, and
/// arrives a latency after its last byte has left.
///
/// All starts and ends of one instant are settled as one batch, when the instant ends.
class FlowNetwork final : public Network {
 public:
  FlowNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener);

  void send(Lane lane, Bytes size, Carry carry) override;
  [[nodiscard]] std::vector<LinkUse> link_use() const override { return use_; }
  void on_event(std::uint64_t payload) override;
  void on_instant_end() override;

  /// The lane's current rate in bytes per second; 0 if it is free.
  [[nodiscard]] double rate(Lane lane) const { return max_min_.rate(lane); }

 private:
  /// The message on a lane. `remaining` bytes were left at `since` + `carry`, when it got `rate`.
  struct Flow {
    double size = 0;
    double remaining = 0;
    double rate = 0;
    Instant since;
    Carry carry = 0;
    Carry end_carry = 0;        // of the end that is scheduled
    std::uint32_t version = 0;  // likewise; older ends are stale
  };

  void on_end(Lane lane);
  void reschedule(Lane lane, Flow& flow);
  void start_use(Lane lane);
  void end_use(Lane lane, double bytes);

  Engine* engine_;
  const Fabric* fabric_;
  MessageListener* listener_;
  MaxMin max_min_;
  HandlerId ends_;
  HandlerId arrivals_{};
  std::vector<Flow> flows_;          // per lane
  std::vector<LinkUse> use_;         // per link
  std::vector<Instant> busy_since_;  // per link; meaningful while a flow is on it

  /// The second kind of event: a message that has arrived.
  class Arrivals final : public EventHandler {
   public:
    explicit Arrivals(MessageListener& listener) : listener_{&listener} {}
    void on_event(std::uint64_t payload) override;

   private:
    MessageListener* listener_;
  };
  Arrivals arrival_handler_;
};

}  // namespace sim
