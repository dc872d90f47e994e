#pragma once
// Figures and pictures as files, drawn by gnuplot and Graphviz.

#include <filesystem>
#include <string>
#include <string_view>

#include "cli/result.hpp"
#include "topology/topology.hpp"

namespace cli {

/// In points; a PNG has twice as many pixels.
struct PictureSize {
  int width = 0;
  int height = 0;
};

/// Draws a gnuplot script that sets no terminal; `format` is "svg", "png" or "pdf". The same script
/// gives the same bytes. Throws like write_plots.
[[nodiscard]] std::string render_script(const std::string& script, std::string_view format,
                                        const PictureSize& size);

/// Draws a gnuplot script as name.svg and name.png, and keeps it as name.gp, in the existing
/// `directory`. What cannot stand in a file's name becomes a dash. Throws like write_plots.
void write_figure(std::string_view name, const std::string& script,
                  const std::filesystem::path& directory);

/// Writes busbw, speedup and time, each as .svg and .png and as the script .gp, into the existing
/// `directory`. Nothing if the comparison is empty.
///
/// Throws sim::Failure if gnuplot is not installed or fails, or a file cannot be written.
void write_plots(const Comparison& comparison, const std::filesystem::path& directory);

/// For the largest size, writes links-<algorithm>.svg and .png: how busy every link of `topology`
/// was. Requires a report on every link of it in these rows. Throws like write_plots.
void write_link_pictures(const topology::Topology& topology, const Comparison& comparison,
                         const std::filesystem::path& directory);

/// Lays out and draws what topology::write_dot made of `topology`; `format` is one of Graphviz's:
/// "svg", "png", "pdf". Throws like write_plots.
[[nodiscard]] std::string render_dot(const topology::Topology& topology, std::string_view dot,
                                     std::string_view format);

}  // namespace cli
