#pragma once
// How the program of a rank is written down, instruction by instruction.

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "workloads/kernel_costs.hpp"
#include "workloads/layer_work.hpp"
#include "workloads/operations.hpp"
#include "workloads/rank_program.hpp"
#include "workloads/training_programs.hpp"

namespace workloads {

class ProgramWriter {
 public:
  /// All outlive this. Operations and names are added to `operations`.
  ProgramWriter(const Software& software, const KernelCosts& costs, Operations& operations)
      : software_{&software}, costs_{&costs}, operations_{&operations} {}

  /// What follows is named so, where it is recorded.
  void mark(const std::string& name);

  /// The rank holds so many bytes more from here on; fewer, if it is below 0.
  void hold(double bytes);

  void compute(const KernelWork& kernel, Category category);

  /// Kernels and collectives of a pass: those of the purposes that are wanted.
  struct Wanted {
    bool inputs = true;
    bool weights = true;
  };
  void pieces(const std::vector<Piece>& pass, Category category, Wanted wanted);

  void begin(Axis axis, collectives::Collective collective, double bytes);

  /// Until what was begun along an axis is over: all, or the first `count`.
  void wait(Axis axis, std::int32_t count = 0);

  /// How many have been begun along an axis.
  [[nodiscard]] std::int32_t begun(Axis axis) const {
    return begun_.at(static_cast<std::size_t>(axis));
  }

  /// Sends, receives, or waits until all that was sent has arrived.
  void message(Instruction::Kind kind, Neighbour neighbour, std::int32_t bytes = 0);

  void synchronise();

  [[nodiscard]] std::vector<Instruction> take() { return std::move(out_); }

 private:
  void wait_for_beside();

  const Software* software_;
  const KernelCosts* costs_;
  Operations* operations_;
  std::vector<Instruction> out_;
  std::array<std::int32_t, axes> begun_{};
  std::vector<Axis> beside_;  // what the kernel that follows does not wait for: one, or none
};

}  // namespace workloads
