#include "sim/max_min.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tests/reference/max_min.hpp"

namespace {

using Route = std::vector<std::uint32_t>;

sim::Fabric make_fabric(const std::vector<double>& capacity, const std::vector<Route>& routes) {
  sim::Fabric fabric;
  for (const double each : capacity) {
    fabric.add_link(sim::Bandwidth{static_cast<std::int64_t>(each)});
  }
  for (const Route& route : routes) {
    std::vector<sim::Hop> hops;
    for (const std::uint32_t link : route) {
      hops.push_back({link, 1.0});
    }
    fabric.add_lane(hops, sim::Duration{0});
  }
  return fabric;
}

}  // namespace

TEST_CASE("max-min: three links in a row, one long flow and one short one on each") {
  // Capacities 10, 20, 40. The first link fills first: 5 for its two flows. The long flow takes 5
  // of the others and leaves 15 and 35.
  const sim::Fabric fabric = make_fabric({10, 20, 40}, {{0, 1, 2}, {0}, {1}, {2}});
  sim::MaxMin solver{fabric};
  for (std::uint32_t lane = 0; lane < 4; ++lane) {
    solver.add(sim::Lane{lane});
  }
  CHECK(solver.solve().size() == 4);
  CHECK(solver.rate(sim::Lane{0}) == doctest::Approx(5));
  CHECK(solver.rate(sim::Lane{1}) == doctest::Approx(5));
  CHECK(solver.rate(sim::Lane{2}) == doctest::Approx(15));
  CHECK(solver.rate(sim::Lane{3}) == doctest::Approx(35));

  // The first short flow leaves: the long one is now held by the second link, at 10.
  solver.remove(sim::Lane{1});
  solver.solve();
  CHECK(solver.rate(sim::Lane{0}) == doctest::Approx(10));
  CHECK(solver.rate(sim::Lane{2}) == doctest::Approx(10));
  CHECK(solver.rate(sim::Lane{3}) == doctest::Approx(30));
}

TEST_CASE("max-min: a flow split over two paths is held by the fuller one") {
  // Half of flow 0 crosses link 0 (with flow 1), half link 1 alone. Link 0, capacity 10, fills when
  // r/2 + r = 10: both at 20/3; flow 0 then puts 10/3 on each.
  sim::Fabric fabric;
  fabric.add_link(sim::Bandwidth{10});
  fabric.add_link(sim::Bandwidth{10});
  fabric.add_lane(std::vector<sim::Hop>{{0, 0.5}, {1, 0.5}}, sim::Duration{0});
  fabric.add_lane(std::vector<sim::Hop>{{0, 1.0}}, sim::Duration{0});
  CHECK(fabric.lone_rate(sim::Lane{0}) == doctest::Approx(20));
  sim::MaxMin solver{fabric};
  solver.add(sim::Lane{0});
  solver.add(sim::Lane{1});
  solver.solve();
  CHECK(solver.rate(sim::Lane{0}) == doctest::Approx(20.0 / 3));
  CHECK(solver.rate(sim::Lane{1}) == doctest::Approx(20.0 / 3));
}

TEST_CASE("max-min: solving only what can change gives the rates of a solution from scratch") {
  std::mt19937 random{11};
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const std::size_t links = 2 + random() % 12;
    const std::size_t lanes = 1 + random() % 40;
    std::vector<double> capacity(links);
    for (double& each : capacity) {
      // Often equal, so that several links fill at once; otherwise any size.
      each = random() % 2 == 0 ? 1000 : 100 + static_cast<double>(random() % 2000);
    }
    std::vector<Route> routes(lanes);
    for (Route& route : routes) {
      for (std::uint32_t link = 0; link < links; ++link) {
        if (random() % 3 == 0) {
          route.push_back(link);
        }
      }
      if (route.empty()) {
        route.push_back(static_cast<std::uint32_t>(random() % links));
      }
    }
    const sim::Fabric fabric = make_fabric(capacity, routes);
    sim::MaxMin solver{fabric};
    std::vector<bool> active(lanes, false);
    for (int step = 0; step < 30; ++step) {
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {  // a batch of starts and ends
        if (random() % 5 == 0) {
          active[lane] ? solver.remove(sim::Lane{lane}) : solver.add(sim::Lane{lane});
          active[lane] = !active[lane];
        }
      }
      solver.solve();
      std::vector<Route> now;
      std::vector<std::uint32_t> which;
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        if (active[lane]) {
          now.push_back(routes[lane]);
          which.push_back(lane);
        }
      }
      const std::vector<double> expected = reference::max_min_rates(capacity, now);
      std::vector<double> load(links, 0);
      for (std::size_t i = 0; i < which.size(); ++i) {
        const double rate = solver.rate(sim::Lane{which[i]});
        // Both sum up to 40 terms of some 1e3: rounding stays below 1e-12 of them.
        REQUIRE(rate == doctest::Approx(expected[i]).epsilon(1e-10));
        for (const std::uint32_t link : now[i]) {
          load[link] += rate;
        }
      }
      for (std::size_t link = 0; link < links; ++link) {
        REQUIRE(load[link] <= capacity[link] * (1 + 1e-9));
      }
      for (std::size_t i = 0; i < which.size(); ++i) {  // the certificate: each has a full link
        REQUIRE(std::ranges::any_of(
            now[i], [&](std::uint32_t link) { return load[link] >= capacity[link] * (1 - 1e-9); }));
      }
    }
  }
}
