#pragma once

#include <vector>

#include "sim/engine.hpp"
#include "sim/fabric.hpp"
#include "sim/network.hpp"

namespace sim {

/// Every message has its links for itself: it leaves after size / (its slowest link), and arrives a
/// latency later. A bound for every other model, and a check of a schedule's critical path.
class IdealNetwork final : public Network {
 public:
  IdealNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener);

  void send(Lane lane, Bytes size, Carry carry) override;
  [[nodiscard]] std::vector<LinkUse> link_use() const override { return use_; }
  void on_event(std::uint64_t payload) override;

 private:
  /// Both events of a message are known when it is sent; the lowest bit of the lane tells them.
  enum class Phase : std::uint8_t { left, delivered };
  void schedule(Lane lane, Carry carry, Phase phase, Duration delay);

  Engine* engine_;
  const Fabric* fabric_;
  MessageListener* listener_;
  HandlerId self_;
  std::vector<double> rate_;  // per lane
  std::vector<LinkUse> use_;
};

}  // namespace sim
