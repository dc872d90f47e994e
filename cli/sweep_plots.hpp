#pragma once
// The pictures that a sweep's file asks for, drawn when all of its points are done.
//
//     plots:
//       - scaling                          # a kind of chart, with what is usual for it
//       - kind: heatmap                    # or what `espalier plot` has options for
//         x: link.bandwidth
//         y: mfu
//         group: layout.tensor
//         where: { layout.micro_batch: 1 }
//         log: x                           # y, xy, none
//         title: MFU by bandwidth
//         file: mfu.pdf                    # KIND.svg; beside the results

#include <filesystem>
#include <string>
#include <vector>

#include "cli/chart_request.hpp"
#include "cli/sweep_results.hpp"
#include "sim/config.hpp"

namespace cli {

struct SweepPlot {
  ChartRequest request;
  std::string file;      // a name, without directories
  sim::ConfigNode node;  // where it is asked for
};

/// Reads `plots`. Throws sim::Error for what is none, and for two that have one file.
[[nodiscard]] std::vector<SweepPlot> read_sweep_plots(const sim::ConfigNode& node);

/// What was drawn, and what is to be known of it.
struct DrawnPlots {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> notes;
};

/// Draws rows into an existing directory. Without gnuplot, its scripts are written instead of
/// pictures, and a note says so. Throws sim::Error, at the first plot that cannot be drawn from
/// these rows, when all others are drawn.
[[nodiscard]] DrawnPlots draw_sweep_plots(const std::vector<SweepPlot>& plots,
                                          const SweepRows& rows, const std::string& source,
                                          const std::filesystem::path& directory);

}  // namespace cli
