#include "sim/raw_flows.hpp"

#include "sim/contract.hpp"
#include "sim/engine.hpp"
#include "sim/max_min.hpp"

namespace sim {
namespace {

class Runner final : public EventHandler, public MessageListener {
 public:
  Runner(const Fabric& fabric, std::span<const RawFlow> flows, const NetworkOptions& network)
      : flows_{flows},
        network_{make_network(network, engine_, fabric, *this)},
        starts_{engine_.attach(*this)},
        completion_s_(flows.size()) {}

  void run() {
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      engine_.at(flows_[i].start, starts_, i);
    }
    engine_.run();
  }

  void on_event(std::uint64_t payload) override {
    network_->send(Lane{static_cast<std::uint32_t>(payload)}, flows_[payload].size, 0);
  }
  void on_left(Lane /*lane*/, Carry /*carry*/) override {}
  void on_delivered(Lane lane, Carry carry) override {
    completion_s_[index(lane)] = seconds(engine_.now().time_since_epoch()) + (carry * 1e-12);
  }

  [[nodiscard]] RawFlowResult result() && {
    return {.completion_s = std::move(completion_s_),
            .initial_rate_Bps = {},
            .links = network_->link_use(),
            .events = engine_.events(),
            .ports = network_->port_reports(),
            .given_up = network_->given_up(),
            .waiting_circle = network_->waiting_circle()};
  }

 private:
  std::span<const RawFlow> flows_;
  Engine engine_;
  std::unique_ptr<Network> network_;
  HandlerId starts_;
  std::vector<double> completion_s_;
};

std::vector<double> initial_rates(const Fabric& fabric, std::span<const RawFlow> flows,
                                  NetworkModel model) {
  MaxMin solver{fabric};
  std::vector<double> rates(flows.size(), 0);
  for (std::uint32_t i = 0; i < flows.size(); ++i) {
    if (flows[i].start == Instant{} && flows[i].size > Bytes{0}) {
      rates[i] = fabric.lone_rate(Lane{i});
      solver.add(Lane{i});
    }
  }
  if (model == NetworkModel::ideal) {
    return rates;
  }
  solver.solve();
  for (std::uint32_t i = 0; i < flows.size(); ++i) {
    rates[i] = solver.rate(Lane{i});
  }
  return rates;
}

}  // namespace

RawFlowResult simulate_flows(const Fabric& fabric, std::span<const RawFlow> flows,
                             const NetworkOptions& network) {
  require(fabric.lanes() == flows.size(), "every flow has a lane");
  Runner runner{fabric, flows, network};
  runner.run();
  RawFlowResult result = std::move(runner).result();
  if (network.model != NetworkModel::packet) {
    result.initial_rate_Bps = initial_rates(fabric, flows, network.model);
  }
  return result;
}

}  // namespace sim
