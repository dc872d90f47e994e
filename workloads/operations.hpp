#pragma once
// What the programs of ranks name by numbers: operations of communicators, passes, and amounts of
// memory.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "workloads/rank_program.hpp"
#include "workloads/training_programs.hpp"

namespace workloads {

/// The operations that communicators carry out, names of passes, and amounts, each once.
class Operations {
 public:
  Operations() : all_(axes) {}

  /// The number of the operation among those along `axis`.
  std::int32_t number_of(Axis axis, collectives::Collective collective, double bytes);

  /// The number of the name among all.
  std::int32_t label(const std::string& name);

  /// The number of the amount among all.
  std::int32_t amount(sim::Bytes bytes);

  [[nodiscard]] std::vector<std::vector<Operation>> take() { return std::move(all_); }
  [[nodiscard]] std::vector<std::string> take_labels() { return std::move(labels_); }
  [[nodiscard]] std::vector<sim::Bytes> take_amounts() { return std::move(amounts_); }

 private:
  std::vector<std::vector<Operation>> all_;
  std::vector<std::string> labels_;
  std::map<std::string, std::int32_t> label_numbers_;
  std::vector<sim::Bytes> amounts_;
};

}  // namespace workloads
