#include "sim/ideal_network.hpp"

#include "sim/contract.hpp"
#include "sim/message_event.hpp"

namespace sim {

IdealNetwork::IdealNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener)
    : engine_{&engine},
      fabric_{&fabric},
      listener_{&listener},
      self_{engine.attach(*this)},
      use_(fabric.links()) {
  require(fabric.lanes() < (std::size_t{1} << 31U), "one bit of a lane number is spare");
  rate_.reserve(fabric.lanes());
  for (std::uint32_t lane = 0; lane < fabric.lanes(); ++lane) {
    rate_.push_back(fabric.lone_rate(Lane{lane}));
  }
}

void IdealNetwork::send(Lane lane, Bytes size, Carry carry) {
  const auto bytes = static_cast<double>(size.count());
  const Rounded span = round_picoseconds((bytes / rate_[index(lane)] * 1e12) + carry);
  for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
    LinkUse& use = use_[fabric_->hop_link(hop)];
    use.bytes += bytes * fabric_->hop_share(hop);
    use.busy += span.whole;  // the sum over messages: without contention they overlap
  }
  schedule(lane, span.carry, Phase::left, span.whole);
  schedule(lane, span.carry, Phase::delivered, span.whole + fabric_->latency(lane));
}

void IdealNetwork::schedule(Lane lane, Carry carry, Phase phase, Duration delay) {
  const auto tagged = (static_cast<std::uint32_t>(lane) << 1U) | static_cast<std::uint32_t>(phase);
  engine_->after(delay, self_, pack(Lane{tagged}, carry));
}

void IdealNetwork::on_event(std::uint64_t payload) {
  const auto tagged = static_cast<std::uint32_t>(packed_lane(payload));
  const Lane lane{tagged >> 1U};
  if ((tagged & 1U) == static_cast<std::uint32_t>(Phase::left)) {
    listener_->on_left(lane, packed_carry(payload));
  } else {
    listener_->on_delivered(lane, packed_carry(payload));
  }
}

}  // namespace sim
