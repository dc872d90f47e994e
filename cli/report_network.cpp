#include "cli/report_network.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "cli/html.hpp"
#include "cli/network_picture.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

constexpr double percent = 100;

/// What the picture leaves out, and what was not run.
std::string about(const PointReport& report) {
  std::string out =
      fmt::format("<p>Point {}: {}. ", report.point, escape_html(report.topology.summary()));
  out += is_small(report.topology)
             ? "Every node is drawn; a line is a cable, coloured by its busier direction."
             : "The network is too large to draw every node: a box stands for all nodes that are "
               "alike, a line for all links between them in one direction, coloured by their mean "
               "use.";
  if (report.gpus_run < report.gpus) {
    out += fmt::format(
        " {} of {} GPUs were simulated; the others do the same. Means count them in; the busiest "
        "link is one of those simulated.",
        report.gpus_run, report.gpus);
  }
  return out + " Use is bytes over what the bandwidth allows in the whole time.</p>\n";
}

std::string key_of(double scale) {
  constexpr int colours = 10;
  std::string out = "<figcaption class=\"legend\">Use of links: 0 % <span class=\"keys\">";
  for (int i = 0; i < colours; ++i) {
    out += fmt::format("<span class=\"key load{}\"></span>", i);
  }
  return out + fmt::format("</span> {:.3g} %</figcaption>\n", percent * scale);
}

std::string classes_table(const NetworkClasses& classes) {
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Links by kind\"><table>\n"
      "<caption>Links by what they join</caption>\n<thead><tr><th scope=\"col\">links</th>"
      "<th scope=\"col\" class=\"number\">how many</th><th scope=\"col\" class=\"number\">each</th>"
      "<th scope=\"col\" class=\"number\">carried, all</th>"
      "<th scope=\"col\" class=\"number\">mean use, %</th>"
      "<th scope=\"col\" class=\"number\">busiest, %</th></tr></thead>\n<tbody>\n";
  for (const LinkClass& links : classes.links) {
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td><td class=\"number\">{:.2f}</td>"
        "<td class=\"number\">{:.2f}</td></tr>\n",
        escape_html(name_of(classes, links)), links.count,
        escape_html(sim::to_text(links.bandwidth)), sim::to_text_si(links.bytes, "B"),
        percent * links.mean, percent * links.most);
  }
  return out + "</tbody></table></div>\n";
}

std::string busiest_table(const PointReport& report) {
  constexpr std::size_t most = 8;
  const auto& links = report.topology.links();
  std::vector<std::size_t> order(links.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::size_t i) { return report.load.utilisation[i]; });
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Busiest links\"><table>\n"
      "<caption>The busiest links</caption>\n<thead><tr><th scope=\"col\">from</th>"
      "<th scope=\"col\">to</th><th scope=\"col\" class=\"number\">bandwidth</th>"
      "<th scope=\"col\" class=\"number\">carried</th>"
      "<th scope=\"col\" class=\"number\">use, %</th></tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < std::min(most, order.size()); ++i) {
    const topology::Link& link = links[order[i]];
    if (!(report.load.bytes[order[i]] > 0)) {
      break;
    }
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{:.2f}</td></tr>\n",
        escape_html(report.topology.node(link.from).name),
        escape_html(report.topology.node(link.to).name), sim::to_text(link.spec.bandwidth),
        sim::to_text_si(report.load.bytes[order[i]], "B"),
        percent * report.load.utilisation[order[i]]);
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string network_html(const PointReport& report) {
  const NetworkClasses classes = classes_of(report.topology, report.load);
  const bool is_drawn_whole = is_small(report.topology);
  double busiest = 0;
  for (const LinkClass& links : classes.links) {
    busiest = std::max(busiest, is_drawn_whole ? links.most : links.mean);
  }
  const double scale = colour_scale(busiest);
  return about(report) +
         "<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Picture of the "
         "network\">\n" +
         (is_drawn_whole ? draw_all(report.topology, report.load, scale)
                         : draw_classes(report.topology, classes, scale)) +
         "\n</div>\n" + key_of(scale) + "</figure>\n<div class=\"side\">\n" +
         classes_table(classes) + busiest_table(report) + "</div>\n";
}

}  // namespace cli
