#include "collectives/reduction_units.hpp"

#include <algorithm>

#include "sim/message_event.hpp"

namespace collectives {

ReductionUnits::ReductionUnits(sim::Engine& engine, const Schedule& schedule, const Reduction& unit,
                               ReductionListener& listener)
    : engine_{&engine},
      schedule_{&schedule},
      unit_{unit},
      listener_{&listener},
      self_{engine.attach(*this)},
      free_(static_cast<std::size_t>(schedule.ranks())),
      taken_(schedule.transfers().size(), 0) {}

void ReductionUnits::take(TransferId id, sim::Carry carry) {
  const std::int32_t message = taken_[index(id)]++;
  at_once_.push_back({flow_of(schedule_->transfer(id), message), message, id, carry});
  engine_->at_instant_end(self_);
}

void ReductionUnits::on_instant_end() {
  std::ranges::stable_sort(at_once_, {}, &Taken::flow);
  for (const Taken& taken : at_once_) {
    const Transfer& transfer = schedule_->transfer(taken.transfer);
    const sim::Bytes size = schedule_->layout().size(transfer.chunks.at(taken.message));
    const std::int64_t granules =
        (size.count() + unit_.granule.count() - 1) / unit_.granule.count();
    const sim::Duration time = unit_.start + (unit_.granule * granules / unit_.bandwidth);
    // At most the end of simulated time, where the engine refuses the event.
    sim::Instant& free = free_[index(transfer.to)];
    free = std::min(std::max(free, engine_->now()) + time, sim::instant_max);
    engine_->at(
        free, self_,
        sim::pack(sim::Lane{static_cast<std::uint32_t>(index(taken.transfer))}, taken.carry));
  }
  at_once_.clear();
}

void ReductionUnits::on_event(std::uint64_t payload) {
  const auto id = TransferId{static_cast<std::int32_t>(sim::index(sim::packed_lane(payload)))};
  listener_->on_reduced(id, sim::packed_carry(payload));
}

}  // namespace collectives
