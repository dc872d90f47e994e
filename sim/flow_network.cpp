#include "sim/flow_network.hpp"

#include <algorithm>

#include "sim/contract.hpp"
#include "sim/message_event.hpp"

namespace sim {
namespace {

constexpr double picoseconds_per_second = 1e12;

std::uint64_t pack_version(Lane lane, std::uint32_t version) {
  return (static_cast<std::uint64_t>(version) << 32U) | static_cast<std::uint32_t>(lane);
}

}  // namespace

FlowNetwork::FlowNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener)
    : engine_{&engine},
      fabric_{&fabric},
      listener_{&listener},
      max_min_{fabric},
      ends_{engine.attach(*this)},
      flows_(fabric.lanes()),
      use_(fabric.links()),
      busy_since_(fabric.links()),
      arrival_handler_{listener} {
  arrivals_ = engine.attach(arrival_handler_);
}

void FlowNetwork::Arrivals::on_event(std::uint64_t payload) {
  listener_->on_delivered(packed_lane(payload), packed_carry(payload));
}

void FlowNetwork::send(Lane lane, Bytes size, Carry carry) {
  Flow& flow = flows_[index(lane)];
  flow.size = static_cast<double>(size.count());
  flow.remaining = flow.size;
  flow.rate = 0;
  flow.since = engine_->now();
  flow.carry = carry;
  flow.end_carry = carry;
  if (size == Bytes{0}) {
    engine_->after(Duration{0}, ends_, pack_version(lane, ++flow.version));
    return;
  }
  start_use(lane);
  max_min_.add(lane);
  engine_->at_instant_end(ends_);
}

void FlowNetwork::start_use(Lane lane) {
  for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
    const std::uint32_t link = fabric_->hop_link(hop);
    if (max_min_.flows_on(link) == 0) {
      busy_since_[link] = engine_->now();
    }
  }
}

void FlowNetwork::end_use(Lane lane, double bytes) {
  for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
    const std::uint32_t link = fabric_->hop_link(hop);
    use_[link].bytes += bytes * fabric_->hop_share(hop);
    if (max_min_.flows_on(link) == 0) {
      use_[link].busy += engine_->now() - busy_since_[link];
    }
  }
}

void FlowNetwork::on_event(std::uint64_t payload) {
  const Lane lane = packed_lane(payload);
  const auto version = static_cast<std::uint32_t>(payload >> 32U);
  if (version == flows_[index(lane)].version) {  // else the rate changed since: a later end is due
    on_end(lane);
  }
}

void FlowNetwork::on_end(Lane lane) {
  const Flow& flow = flows_[index(lane)];
  if (flow.size > 0) {
    max_min_.remove(lane);
    end_use(lane, flow.size);
    engine_->at_instant_end(ends_);
  }
  const Carry carry = flow.end_carry;
  engine_->after(fabric_->latency(lane), arrivals_, pack(lane, carry));
  listener_->on_left(lane, carry);
}

void FlowNetwork::on_instant_end() {
  for (const Lane lane : max_min_.solve()) {
    reschedule(lane, flows_[index(lane)]);
  }
}

/// Moves what the old rate has moved, and schedules the end at the new one.
void FlowNetwork::reschedule(Lane lane, Flow& flow) {
  const Instant now = engine_->now();
  double start = flow.carry;  // of a flow that has just come
  if (flow.rate > 0) {
    const double elapsed = static_cast<double>((now - flow.since).count()) - flow.carry;
    flow.remaining = std::max(flow.remaining - (flow.rate * elapsed / picoseconds_per_second), 0.0);
    start = 0;
  }
  flow.rate = max_min_.rate(lane);
  flow.since = now;
  const double exact = start + (flow.remaining / flow.rate * picoseconds_per_second);
  const Rounded span = round_picoseconds(exact);
  flow.carry = static_cast<Carry>(start);
  flow.end_carry = span.carry;
  engine_->after(span.whole, ends_, pack_version(lane, ++flow.version));
}

}  // namespace sim
