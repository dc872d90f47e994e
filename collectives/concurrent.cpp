#include "collectives/concurrent.hpp"

#include <algorithm>

#include "collectives/schedule_lanes.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/message_event.hpp"

namespace collectives {
namespace {

bool leads_to_nic(const topology::Topology& topology, std::uint32_t link) {
  return link < topology.links().size() &&
         topology.node(topology.links()[link].to).kind == topology::NodeKind::nic;
}

/// Adds the lanes of a plan, which `bare` has from `first` on, with a port of the plan's rate at
/// each end.
void add_lanes(const topology::Topology& topology, const Plan& plan, const sim::Fabric& bare,
               sim::Fabric& fabric) {
  const auto first = static_cast<std::uint32_t>(fabric.lanes());
  const auto ranks = static_cast<std::size_t>(plan.schedule->ranks());
  std::vector<std::uint32_t> out;
  std::vector<std::uint32_t> in;
  for (std::size_t rank = 0; plan.rate && rank < ranks; ++rank) {
    out.push_back(fabric.add_link(*plan.rate));
    in.push_back(fabric.add_link(*plan.rate));
  }
  std::vector<sim::Hop> hops;
  for (std::uint32_t t = 0; t < plan.schedule->transfers().size(); ++t) {
    const Transfer& transfer = plan.schedule->transfers()[t];
    const sim::Lane lane{first + t};
    hops.clear();
    if (index(transfer.from) < out.size()) {
      hops.push_back({.link = out[index(transfer.from)]});
    }
    bool is_far = false;
    for (std::uint32_t hop = bare.hops_begin(lane); hop < bare.hops_end(lane); ++hop) {
      hops.push_back({.link = bare.hop_link(hop), .share = bare.hop_share(hop)});
      is_far = is_far || leads_to_nic(topology, bare.hop_link(hop));
    }
    if (index(transfer.to) < in.size()) {
      hops.push_back({.link = in[index(transfer.to)]});
    }
    fabric.add_lane(hops, bare.latency(lane) + (is_far ? plan.far_latency : sim::Duration{0}));
  }
}

}  // namespace

Concurrent::Concurrent(sim::Engine& engine, const topology::Topology& topology,
                       std::span<const Plan> plans, const ExecuteOptions& options,
                       PlanListener& listener)
    : engine_{&engine},
      listener_{&listener},
      starts_{*this},
      messages_{*this},
      starts_id_{engine.attach(starts_)},
      messages_id_{engine.attach(messages_)} {
  if (options.network == sim::NetworkModel::packet) {
    throw sim::Error{std::string{"network"},
                     "several collectives at once run on 'ideal' or 'flow', not on 'packet'"};
  }
  ExecuteOptions plain = options;
  plain.nic = Nic::plain;
  std::vector<topology::LaneRequest> requests;
  for (const Plan& plan : plans) {
    sim::require(plan.group->size() == plan.schedule->ranks(), "a group has the schedule's ranks");
    const auto own = lane_requests(*plan.group, *plan.schedule, plain);
    requests.insert(requests.end(), own.begin(), own.end());
  }
  const sim::Fabric bare =
      topology::lower(topology, {.routing = options.routing, .seed = options.seed}, requests);
  links_ = bare.links();
  for (std::uint32_t link = 0; link < links_; ++link) {
    fabric_.add_link(sim::Bandwidth{static_cast<std::int64_t>(bare.capacity(link))},
                     bare.link_latency(link));
  }
  for (const Plan& plan : plans) {
    const Progress fresh{*plan.schedule};
    runs_.push_back({.plan = plan,
                     .first_lane = static_cast<std::uint32_t>(fabric_.lanes()),
                     .fresh = fresh,
                     .progress = fresh});
    add_lanes(topology, plan, bare, fabric_);
    plan_of_lane_.resize(fabric_.lanes(), static_cast<std::uint32_t>(runs_.size() - 1));
  }
  network_ = sim::make_network({.model = options.network}, engine, fabric_, *this);
}

void Concurrent::begin(std::size_t plan) {
  Run& run = runs_[plan];
  sim::require(!run.is_running, "a plan is run one time after the other");
  run.is_running = true;
  run.progress = run.fresh;
  engine_->after(run.plan.start, starts_id_, plan);
}

void Concurrent::Starts::on_event(std::uint64_t payload) {
  owner_->go_on(owner_->runs_[payload], 0);
}

void Concurrent::Messages::on_event(std::uint64_t payload) {
  const sim::Lane lane = sim::packed_lane(payload);
  const Run& run = owner_->run_of(lane);
  owner_->send(run, transfer_of(run, lane), sim::packed_carry(payload));
}

void Concurrent::on_left(sim::Lane lane, sim::Carry carry) {
  Run& run = run_of(lane);
  run.progress.on_left(transfer_of(run, lane));
  go_on(run, carry);
}

void Concurrent::on_delivered(sim::Lane lane, sim::Carry carry) {
  Run& run = run_of(lane);
  run.progress.on_landed(transfer_of(run, lane));
  go_on(run, carry);
}

std::vector<sim::LinkUse> Concurrent::link_use() const {
  std::vector<sim::LinkUse> use = network_->link_use();
  use.resize(links_);
  return use;
}

std::string Concurrent::describe_blocked(std::size_t plan) const {
  return runs_[plan].progress.describe_blocked();
}

TransferId Concurrent::transfer_of(const Run& run, sim::Lane lane) {
  return TransferId{static_cast<std::int32_t>(sim::index(lane) - run.first_lane)};
}

/// Takes in what has landed, and sends what may be sent, until nothing more follows.
void Concurrent::go_on(Run& run, sim::Carry carry) {
  while (run.progress.has_landed()) {
    run.progress.take_landed(batch_);
    for (const TransferId id : batch_) {
      run.progress.on_arrived(id);
    }
  }
  if (run.progress.has_ready()) {
    run.progress.take_ready(batch_);
    for (const TransferId id : batch_) {
      const sim::Lane lane{run.first_lane + static_cast<std::uint32_t>(index(id))};
      if (run.plan.message_latency > sim::Duration{0}) {
        engine_->after(run.plan.message_latency, messages_id_, sim::pack(lane, carry));
      } else {
        send(run, id, carry);
      }
    }
  }
  if (run.is_running && run.progress.done()) {
    run.is_running = false;
    listener_->on_over(static_cast<std::size_t>(&run - runs_.data()));
  }
}

void Concurrent::send(const Run& run, TransferId id, sim::Carry carry) {
  const ChunkRange chunks = run.plan.schedule->transfer(id).chunks.at(run.progress.current(id));
  network_->send(sim::Lane{run.first_lane + static_cast<std::uint32_t>(index(id))},
                 run.plan.schedule->layout().size(chunks), carry);
}

}  // namespace collectives
