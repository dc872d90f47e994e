#pragma once
// What collectives take on one kind of server, from measured times of some.
//
// A collective goes by a method: a pattern (ring, ...) and a protocol (LL, ...). Which one is
// NCCL's choice (nccl_tuning.hpp). For each method that the samples show, its time is
//
//     base + steps * step + far steps * far step + share * bytes / (rate (8 / ranks)^sharing)
//
// (trips() counts steps and shares; NICs may be slower than that) with five numbers for all
// operations and numbers of ranks, times a factor near 1: what the samples near a shape say beside
// it (kriging.hpp), over sizes, ranks and operations. `sharing` is 0 behind a switch that nobody
// waits for, 1 where all ranks share one bus. Methods that the samples do not show are taken from
// NCCL's own table, latencies and rates scaled as those of the methods that they do show differ
// from it.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "calibration/collective.hpp"
#include "calibration/fit_errors.hpp"
#include "calibration/kriging.hpp"
#include "calibration/method_model.hpp"
#include "calibration/nccl_tuning.hpp"

namespace calibration {

/// One measured time.
struct CollectiveSample {
  CollectiveShape shape;
  double seconds = 0;
};

struct MethodFit {
  Method method;
  MethodNumbers numbers;
  Kriging beside;
  std::vector<CollectiveSample> samples;
};

class CollectiveFit {
 public:
  /// Requires samples with times above 0 and at least two ranks.
  CollectiveFit(NodeKind node, std::span<const CollectiveSample> samples);

  /// A fit that was found before: its methods with numbers, settings and samples.
  struct Found {
    Method method;
    MethodNumbers numbers;
    Kriging::Settings settings;
    std::vector<CollectiveSample> samples;
  };
  CollectiveFit(NodeKind node, std::vector<Found> found);

  /// By the method that NCCL chooses.
  [[nodiscard]] CollectiveCost cost(const CollectiveShape& shape) const;

  /// By this pattern, with the protocol with which it is over first. Nothing if NCCL has none of
  /// that for this shape.
  [[nodiscard]] std::optional<CollectiveCost> cost_of(Pattern pattern,
                                                      const CollectiveShape& shape) const;

  /// By the protocol with which it is over first, from rank to rank: what a message costs in any
  /// algorithm that the library does not have.
  [[nodiscard]] CollectiveCost cost_of_messages(const CollectiveShape& shape) const;

  [[nodiscard]] const NodeKind& node() const { return node_; }
  [[nodiscard]] std::span<const MethodFit> methods() const { return methods_; }

 private:
  [[nodiscard]] const MethodFit* find(Method method) const;
  [[nodiscard]] CollectiveCost cost_by(const Expectation& chosen,
                                       const CollectiveShape& shape) const;
  void set_scales();

  /// Of NCCL's own table, for methods without samples.
  struct Scales {
    double latency = 1;
    double rate = 1;
  };

  NodeKind node_;
  std::vector<MethodFit> methods_;
  Scales scales_;
};

/// The same methods on another server, as far as it has them: rates differ as NCCL's own do there,
/// latencies stay, and so does what the samples say beside that.
[[nodiscard]] CollectiveFit carried(const CollectiveFit& fit, const NodeKind& node);

[[nodiscard]] FitErrors errors_of(const CollectiveFit& fit,
                                  std::span<const CollectiveSample> samples);

/// The errors on every second size, of a fit to the others.
[[nodiscard]] FitErrors held_out_errors(const NodeKind& node,
                                        std::span<const CollectiveSample> samples);

/// The server that samples come from: that of `known`, unless they contradict it, as on a GPU that
/// is sold with NVLink and without. If they do, or `known` is null: its bus from the time that the
/// larger sizes add, its architecture from that. Its NICs are as fast as samples of several servers
/// show. Nothing if `known` is null and no size is large enough to tell.
[[nodiscard]] std::optional<NodeKind> node_of(const NodeKind* known,
                                              std::span<const CollectiveSample> samples);

}  // namespace calibration
