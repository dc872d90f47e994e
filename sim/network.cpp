#include "sim/network.hpp"

#include "sim/contract.hpp"
#include "sim/credit_network.hpp"
#include "sim/ethernet_network.hpp"
#include "sim/fifo_network.hpp"
#include "sim/flow_network.hpp"
#include "sim/ideal_network.hpp"

namespace sim {

std::unique_ptr<Network> make_network(const NetworkOptions& options, Engine& engine,
                                      const Fabric& fabric, MessageListener& listener) {
  switch (options.model) {
    case NetworkModel::ideal:
      return std::make_unique<IdealNetwork>(engine, fabric, listener);
    case NetworkModel::flow:
      return std::make_unique<FlowNetwork>(engine, fabric, listener);
    case NetworkModel::packet:
      switch (options.packet.switching) {
        case Switching::fifo:
          return std::make_unique<FifoNetwork>(engine, fabric, listener, options.packet);
        case Switching::cut_through:
          return std::make_unique<CreditNetwork>(engine, fabric, listener, options.packet);
        case Switching::ethernet:
          return std::make_unique<EthernetNetwork>(engine, fabric, listener, options.packet);
      }
      break;
  }
  require(false, "every network model is made above");
  return nullptr;
}

}  // namespace sim
