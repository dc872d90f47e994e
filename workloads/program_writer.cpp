#include "workloads/program_writer.hpp"

#include <cmath>
#include <variant>

#include "sim/contract.hpp"

namespace workloads {
namespace {

using Kind = Instruction::Kind;

sim::Duration picoseconds(double seconds) {
  constexpr double per_second = 1e12;
  return sim::Duration{static_cast<std::int64_t>(std::llround(seconds * per_second))};
}

Category category_of(Axis axis) {
  switch (axis) {
    case Axis::tensor:
      return Category::tensor;
    case Axis::context:
      return Category::context;
    case Axis::expert:
    case Axis::expert_tensor:
      return Category::expert;
    case Axis::data:
    case Axis::expert_data:
    case Axis::copies:
    case Axis::expert_copies:
    case Axis::embedding:
      break;
  }
  return Category::data;
}

Axis axis_of(const CollectiveWork& work) {
  switch (work.over.front()) {
    case Dimension::tensor:
      return Axis::tensor;
    case Dimension::context:
      return Axis::context;
    case Dimension::expert:
      return Axis::expert;
    case Dimension::expert_tensor:
      return Axis::expert_tensor;
    case Dimension::data:
    case Dimension::pipeline:
    case Dimension::expert_data:
      break;
  }
  sim::require(false, "layers talk along TP, CP, EP and ETP");
  return Axis::data;
}

}  // namespace

void ProgramWriter::mark(const std::string& name) {
  out_.push_back({.kind = Kind::mark, .what = operations_->label(name)});
}

void ProgramWriter::hold(double bytes) {
  const sim::Bytes amount{std::llround(bytes)};
  if (amount != sim::Bytes{0}) {
    out_.push_back({.kind = Kind::hold, .what = operations_->amount(amount)});
  }
}

void ProgramWriter::compute(const KernelWork& kernel, Category category) {
  const sim::Duration time = picoseconds(costs_->seconds(kernel));
  const Instruction one{.kind = Kind::compute,
                        .category = static_cast<std::uint8_t>(category),
                        .time = time,
                        .host = software_->launch,
                        .late = software_->launch + time};
  if (!out_.empty() && out_.back().kind == Kind::compute && out_.back().category == one.category) {
    join(out_.back(), one);
  } else {
    out_.push_back(one);
  }
}

void ProgramWriter::pieces(const std::vector<Piece>& pass, Category category, Wanted wanted) {
  const auto is_wanted = [&](Purpose purpose) {
    return purpose == Purpose::weights ? wanted.weights : wanted.inputs;
  };
  for (const Piece& piece : pass) {
    if (const auto* const kernel = std::get_if<KernelWork>(&piece)) {
      if (is_wanted(kernel->purpose)) {
        compute(*kernel, category);
        wait_for_beside();
      }
      continue;
    }
    const auto& work = std::get<CollectiveWork>(piece);
    if (!is_wanted(work.purpose)) {
      continue;
    }
    wait_for_beside();
    begin(axis_of(work), work.collective, work.bytes);
    if (work.runs_beside) {
      beside_.push_back(axis_of(work));
    } else {
      wait(axis_of(work));
    }
  }
  wait_for_beside();
}

void ProgramWriter::wait_for_beside() {
  for (const Axis axis : std::exchange(beside_, {})) {
    wait(axis);
  }
}

void ProgramWriter::begin(Axis axis, collectives::Collective collective, double bytes) {
  ++begun_.at(static_cast<std::size_t>(axis));
  out_.push_back({.kind = Kind::begin,
                  .category = static_cast<std::uint8_t>(category_of(axis)),
                  .slot = static_cast<std::uint16_t>(axis),
                  .what = operations_->number_of(axis, collective, bytes),
                  .host = software_->collective_launch});
}

void ProgramWriter::wait(Axis axis, std::int32_t count) {
  out_.push_back({.kind = Kind::wait,
                  .category = static_cast<std::uint8_t>(category_of(axis)),
                  .slot = static_cast<std::uint16_t>(axis),
                  .what = count});
}

void ProgramWriter::message(Instruction::Kind kind, Neighbour neighbour, std::int32_t bytes) {
  out_.push_back({.kind = kind,
                  .category = static_cast<std::uint8_t>(Category::pipeline),
                  .slot = static_cast<std::uint16_t>(neighbour),
                  .what = bytes,
                  .host = software_->collective_launch});
}

void ProgramWriter::synchronise() {
  out_.push_back({.kind = Kind::synchronise});
}

}  // namespace workloads
