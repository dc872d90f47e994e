#include "collectives/timeline.hpp"

#include "collectives/progress.hpp"

namespace collectives {

Timeline::Timeline(const Schedule& schedule) : schedule_{&schedule} {
  first_message_.push_back(0);
  for (const Transfer& each : schedule.transfers()) {
    first_message_.push_back(first_message_.back() + static_cast<std::size_t>(each.messages));
  }
  times_.resize(first_message_.back());
  Progress progress{schedule};
  std::vector<TransferId> batch;
  std::vector<std::size_t> arrived{first_message_.begin(), first_message_.end() - 1};
  std::uint32_t now = 0;
  while (progress.has_ready()) {
    progress.take_ready(batch);
    for (const TransferId id : batch) {
      times_[first_message_[index(id)] + static_cast<std::size_t>(progress.current(id))].leaves =
          now++;
      progress.on_left(id);
      progress.on_landed(id);
    }
    while (progress.has_landed()) {
      progress.take_landed(batch);
      for (const TransferId id : batch) {
        times_[arrived[index(id)]++].arrives = now++;
        progress.on_arrived(id);
      }
    }
  }
  if (!progress.done()) {
    problem_ = "messages wait for each other:\n" + progress.describe_blocked();
  }
}

}  // namespace collectives
