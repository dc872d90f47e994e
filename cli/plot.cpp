#include "cli/plot.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/atomic_file.hpp"
#include "cli/plot_script.hpp"
#include "cli/process.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "topology/dot.hpp"

namespace cli {
namespace {

/// Runs a program that turns text into a picture.
std::string draw(const std::vector<std::string>& command, std::string_view package,
                 std::string_view text) {
  if (!is_installed(command.front())) {
    throw sim::Failure{
        fmt::format("{} is not installed, and draws the pictures\n"
                    "  hint: apt-get install {}",
                    command.front(), package)};
  }
  ProcessResult result = run_process(command, text);
  if (result.status != 0 || result.output.empty()) {
    throw sim::Failure{
        fmt::format("{} failed ({}): {}", command.front(), result.status, result.errors)};
  }
  return std::move(result.output);
}

// Twice as many pixels for the PNG: it is what ends up on slides. A PDF has 100 points to an inch.
std::string terminal_for(std::string_view format, const PictureSize& size) {
  if (format == "svg") {
    return fmt::format("set terminal svg size {},{} font 'sans-serif,15' background '#ffffff'",
                       size.width, size.height);
  }
  if (format == "png") {
    return fmt::format(
        "set terminal pngcairo size {},{} font 'sans-serif,15' fontscale 1.5 linewidth 2 "
        "pointscale 2 background '#ffffff'",
        2 * size.width, 2 * size.height);
  }
  sim::require(format == "pdf", "a picture: svg, png or pdf");
  constexpr double inch = 100;
  return fmt::format(
      "set terminal pdfcairo size {}in,{}in font 'sans-serif,15' fontscale 0.54 "
      "background '#ffffff'",
      size.width / inch, size.height / inch);
}

/// Takes away when a PDF was made, with blanks, since places in it are counted in bytes.
void blank_date(std::string& pdf) {
  constexpr std::string_view key = "/CreationDate (";
  const std::size_t at = pdf.find(key);
  const std::size_t end = at == std::string::npos ? at : pdf.find(')', at);
  if (end != std::string::npos) {
    std::fill(pdf.begin() + static_cast<std::ptrdiff_t>(at),
              pdf.begin() + static_cast<std::ptrdiff_t>(end + 1), ' ');
  }
}

/// An algorithm's name as a part of a file's name: letters, digits and what is harmless.
std::string file_word(std::string_view name) {
  std::string out{name};
  std::ranges::replace_if(
      out, [](unsigned char letter) { return std::isalnum(letter) == 0 && letter != '.'; }, '-');
  return out;
}

std::vector<topology::LinkShade> shades(const topology::Topology& topology, const Row& row) {
  sim::require(row.links.size() >= topology.links().size(),
               "write_link_pictures: a report on every link");
  std::vector<topology::LinkShade> out;
  out.reserve(topology.links().size());
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    out.push_back(
        {.link = static_cast<topology::LinkId>(i), .utilisation = row.links[i].utilisation});
  }
  return out;
}

}  // namespace

std::string render_script(const std::string& script, std::string_view format,
                          const PictureSize& size) {
  // -d: not the user's start-up file, which could change everything.
  std::string picture = draw({"gnuplot", "-d"}, "gnuplot-nox",
                             fmt::format("{}\n{}", terminal_for(format, size), script));
  if (format == "pdf") {
    blank_date(picture);
  }
  return picture;
}

void write_figure(std::string_view name, const std::string& script,
                  const std::filesystem::path& directory) {
  constexpr PictureSize size{.width = 1000, .height = 560};
  for (const std::string_view format : {"svg", "png"}) {
    write_file_atomically(directory / fmt::format("{}.{}", file_word(name), format),
                          render_script(script, format, size));
  }
  write_file_atomically(directory / fmt::format("{}.gp", file_word(name)), script);
}

std::string render_dot(const topology::Topology& topology, std::string_view dot,
                       std::string_view format) {
  return draw({std::string{topology::dot_engine(topology)}, fmt::format("-T{}", format)},
              "graphviz", dot);
}

void write_plots(const Comparison& comparison, const std::filesystem::path& directory) {
  if (comparison.rows.empty()) {
    return;
  }
  write_figure("busbw", busbw_script(comparison), directory);
  write_figure("speedup", speedup_script(comparison), directory);
  write_figure("time", time_script(comparison), directory);
}

void write_link_pictures(const topology::Topology& topology, const Comparison& comparison,
                         const std::filesystem::path& directory) {
  const auto largest = std::ranges::max_element(comparison.rows, {}, &Row::bytes);
  for (const Row& row : comparison.rows) {
    if (row.bytes != largest->bytes) {
      continue;
    }
    const std::string dot = topology::write_dot(topology, shades(topology, row));
    for (const std::string_view format : {"svg", "png"}) {
      write_file_atomically(
          directory / fmt::format("links-{}.{}", file_word(row.algorithm), format),
          render_dot(topology, dot, format));
    }
  }
}

}  // namespace cli
