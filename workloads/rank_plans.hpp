#pragma once
// What every operation and message in the programs of ranks is carried by.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "collectives/concurrent.hpp"
#include "workloads/rank_program.hpp"
#include "workloads/rank_run.hpp"

namespace workloads {

class RankPlans {
 public:
  RankPlans(const RankPrograms& all, const Carrier& carrier);
  RankPlans(const RankPlans&) = delete;  // plans point to what is carried
  RankPlans& operator=(const RankPlans&) = delete;
  RankPlans(RankPlans&&) = delete;
  RankPlans& operator=(RankPlans&&) = delete;
  ~RankPlans() = default;

  /// What runs on the network. The owner of each: a communicator, or a channel of messages.
  [[nodiscard]] std::span<const collectives::Plan> plans() const { return plans_; }
  struct Owner {
    bool is_channel = false;
    std::int32_t number = 0;
  };
  [[nodiscard]] Owner owner(std::size_t plan) const { return owners_[plan]; }

  /// How long operation `what` of a communicator takes, if nobody can be in its way; else its plan.
  [[nodiscard]] std::optional<sim::Duration> alone(std::int32_t communicator,
                                                   std::int32_t what) const;
  [[nodiscard]] std::size_t plan(std::int32_t communicator, std::int32_t what) const;

  /// The messages from one rank to another. Nothing if no program sends any.
  [[nodiscard]] std::optional<std::int32_t> channel(std::int32_t from, std::int32_t to) const;
  [[nodiscard]] std::size_t channels() const { return messages_.size(); }
  [[nodiscard]] std::size_t message_plan(std::int32_t channel, std::int32_t bytes) const;

  /// How long it takes, if nobody can be in its way.
  [[nodiscard]] std::optional<sim::Duration> message_alone(std::int32_t channel,
                                                           std::int32_t bytes) const;

 private:
  void add_operations(const RankPrograms& all, const Carrier& carrier);
  void add_messages(const RankPrograms& all, const Carrier& carrier);
  std::size_t add(Carried carried, Owner owner);

  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> channel_numbers_;
  std::vector<std::map<std::int32_t, std::size_t>> operations_;        // per communicator: by what
  std::vector<std::map<std::int32_t, sim::Duration>> alone_;           // likewise
  std::vector<std::map<std::int32_t, std::size_t>> messages_;          // per channel: by bytes
  std::vector<std::map<std::int32_t, sim::Duration>> messages_alone_;  // likewise
  std::deque<Carried> carried_;  // keeps groups and schedules where plans point to
  std::vector<collectives::Plan> plans_;
  std::vector<Owner> owners_;
};

}  // namespace workloads
