#include "workloads/rank_plans.hpp"

#include <utility>

namespace workloads {
namespace {

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

}  // namespace

RankPlans::RankPlans(const RankPrograms& all, const Carrier& carrier)
    : operations_(all.communicators.size()), alone_(all.communicators.size()) {
  add_operations(all, carrier);
  add_messages(all, carrier);
}

std::size_t RankPlans::add(Carried carried, Owner owner) {
  const Carried& kept = carried_.emplace_back(std::move(carried));
  plans_.push_back({.group = &kept.group,
                    .schedule = &kept.schedule,
                    .start = kept.start,
                    .message_latency = kept.message_latency,
                    .far_latency = kept.far_latency,
                    .rate = kept.rate});
  owners_.push_back(owner);
  return plans_.size() - 1;
}

void RankPlans::add_operations(const RankPrograms& all, const Carrier& carrier) {
  for (std::size_t i = 0; i < all.communicators.size(); ++i) {
    const Communicator& communicator = all.communicators[i];
    const std::int32_t program = all.program_of[at(communicator.ranks.front())];
    for (const Instruction& each : all.programs[at(program)]) {
      const bool is_new = each.kind == Instruction::Kind::begin && each.slot == communicator.slot &&
                          !operations_[i].contains(each.what) && !alone_[i].contains(each.what);
      if (!is_new) {
        continue;
      }
      Carried carried =
          carrier.operation(communicator, all.operations[communicator.slot][at(each.what)]);
      if (carried.alone) {
        alone_[i][each.what] = *carried.alone;
      } else {
        operations_[i][each.what] =
            add(std::move(carried), {.is_channel = false, .number = static_cast<std::int32_t>(i)});
      }
    }
  }
}

void RankPlans::add_messages(const RankPrograms& all, const Carrier& carrier) {
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    for (const Instruction& each : all.programs[at(all.program_of[at(rank)])]) {
      if (each.kind != Instruction::Kind::send) {
        continue;
      }
      const std::int32_t to = all.peer_of[at(rank)][each.slot];
      const auto next = static_cast<std::int32_t>(messages_.size());
      const auto [found, is_new] = channel_numbers_.try_emplace({rank, to}, next);
      if (is_new) {
        messages_.emplace_back();
        messages_alone_.emplace_back();
      }
      auto& plans = messages_[at(found->second)];
      auto& alone = messages_alone_[at(found->second)];
      if (plans.contains(each.what) || alone.contains(each.what)) {
        continue;
      }
      Carried carried = carrier.message(rank, to, sim::Bytes{each.what});
      if (carried.alone) {
        alone[each.what] = *carried.alone;
      } else {
        plans[each.what] = add(std::move(carried), {.is_channel = true, .number = found->second});
      }
    }
  }
}

std::optional<sim::Duration> RankPlans::alone(std::int32_t communicator, std::int32_t what) const {
  const auto found = alone_[at(communicator)].find(what);
  return found == alone_[at(communicator)].end() ? std::nullopt : std::optional{found->second};
}

std::size_t RankPlans::plan(std::int32_t communicator, std::int32_t what) const {
  return operations_[at(communicator)].at(what);
}

std::optional<std::int32_t> RankPlans::channel(std::int32_t from, std::int32_t to) const {
  const auto found = channel_numbers_.find({from, to});
  return found == channel_numbers_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<sim::Duration> RankPlans::message_alone(std::int32_t channel,
                                                      std::int32_t bytes) const {
  const auto& alone = messages_alone_[at(channel)];
  const auto found = alone.find(bytes);
  return found == alone.end() ? std::nullopt : std::optional{found->second};
}

std::size_t RankPlans::message_plan(std::int32_t channel, std::int32_t bytes) const {
  return messages_[at(channel)].at(bytes);
}

}  // namespace workloads
