#include "tests/reference/max_min.hpp"

#include <algorithm>
#include <limits>

namespace reference {

namespace {

/// The part of a flow that crosses `link`; 0 if none does.
double share_of(const Route& route, std::size_t link) {
  const auto hop = std::ranges::find(route, link, &sim::Hop::link);
  return hop == route.end() ? 0 : hop->share;
}

}  // namespace

std::vector<double> max_min_rates(const std::vector<double>& capacity,
                                  const std::vector<Route>& routes) {
  std::vector<double> rate(routes.size(), -1);
  while (std::ranges::find(rate, -1) != rate.end()) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t fullest = 0;
    for (std::size_t link = 0; link < capacity.size(); ++link) {
      double left = capacity[link];
      double growing = 0;
      for (std::size_t flow = 0; flow < routes.size(); ++flow) {
        const double share = share_of(routes[flow], link);
        (rate[flow] < 0 ? growing : left) += rate[flow] < 0 ? share : -share * rate[flow];
      }
      if (growing > 0 && left / growing < least) {
        least = left / growing;
        fullest = link;
      }
    }
    for (std::size_t flow = 0; flow < routes.size(); ++flow) {
      if (rate[flow] < 0 && share_of(routes[flow], fullest) > 0) {
        rate[flow] = least;
      }
    }
  }
  return rate;
}

std::vector<double> completion_times(const std::vector<double>& capacity,
                                     const std::vector<Route>& routes,
                                     const std::vector<double>& size,
                                     const std::vector<double>& start) {
  std::vector<double> left = size;
  std::vector<double> end(size.size(), -1);
  double now = 0;
  while (true) {
    std::vector<std::size_t> active;
    std::vector<Route> active_routes;
    double next = std::numeric_limits<double>::infinity();
    for (std::size_t flow = 0; flow < size.size(); ++flow) {
      if (end[flow] < 0 && start[flow] <= now) {
        active.push_back(flow);
        active_routes.push_back(routes[flow]);
      } else if (end[flow] < 0) {
        next = std::min(next, start[flow]);
      }
    }
    const std::vector<double> rate = max_min_rates(capacity, active_routes);
    for (std::size_t i = 0; i < active.size(); ++i) {
      next = std::min(next, now + (left[active[i]] / rate[i]));
    }
    if (next == std::numeric_limits<double>::infinity()) {
      return end;
    }
    for (std::size_t i = 0; i < active.size(); ++i) {
      left[active[i]] -= rate[i] * (next - now);
      if (left[active[i]] <= 1e-6) {  // a millionth of a byte: rounding
        end[active[i]] = next;
      }
    }
    now = next;
  }
}

}  // namespace reference
