#include "cli/ethernet_scenario.hpp"

#include <fmt/format.h>

#include "sim/quantity_text.hpp"

namespace cli {
namespace {

// How long a sender waits for a sign of life. On a network that loses nothing only a broken one is
// silent: InfiniBand's 4.096 us * 2^14, the usual setting of RoCE adapters. Where packets are lost
// it is a matter of speed: R. Mittal et al., "Revisiting network support for RDMA", SIGCOMM 2018.
constexpr sim::Duration silence_is_failure = std::chrono::nanoseconds{4096} * (1 << 14);
constexpr sim::Duration silence_is_loss = std::chrono::microseconds{320};

// What adapters can be set to: NVIDIA's take whole microseconds, and rates from 1 Mb/s.
constexpr sim::Duration period_min = std::chrono::microseconds{1};
constexpr sim::Bandwidth rate_min{125'000};

void read(const sim::ConfigNode& node, std::string_view key, sim::Bytes& value) {
  if (const auto found = node.find(key)) {
    value = found->bytes();
  }
}

void read(const sim::ConfigNode& node, std::string_view key, sim::Duration least,
          sim::Duration& value) {
  if (const auto found = node.find(key)) {
    value = found->duration();
    if (value < least) {
      found->fail(fmt::format("expected at least {}, got '{}'",
                              sim::to_text_si(sim::seconds(least), "s"), found->text()));
    }
  }
}

void read(const sim::ConfigNode& node, std::string_view key, sim::Bandwidth& value) {
  if (const auto found = node.find(key)) {
    value = found->bandwidth();
  }
}

void read(const sim::ConfigNode& node, std::string_view key, std::int32_t least,
          std::int32_t& value) {
  constexpr std::int64_t most = 1'000'000;
  if (const auto found = node.find(key)) {
    value = static_cast<std::int32_t>(found->integer(least, most));
  }
}

void read_part(const sim::ConfigNode& node, std::string_view key, double& value) {
  if (const auto found = node.find(key)) {
    value = found->number(0, 1);
  }
}

/// Keys of one way to lose, or to control, say nothing with another.
void refuse(const sim::ConfigNode& packet, std::string_view key, std::string_view chooser,
            std::string_view choice) {
  if (const auto found = packet.find(key)) {
    found->fail(fmt::format("'{}' says nothing here", key),
                fmt::format("it belongs to '{}: {}'", chooser, choice));
  }
}

void read_marks(const sim::ConfigNode& node, sim::EthernetOptions& ethernet) {
  node.expect_keys({"from", "all", "probability"});
  read(node, "from", ethernet.mark_from);
  read(node, "all", ethernet.mark_all);
  read_part(node, "probability", ethernet.mark_probability);
  if (ethernet.mark_from >= ethernet.mark_all) {
    node.fail(fmt::format("marks begin at {}, which is not below {}, where all are marked",
                          sim::to_text(ethernet.mark_from), sim::to_text(ethernet.mark_all)));
  }
}

void read_dcqcn(const sim::ConfigNode& node, sim::DcqcnOptions& dcqcn) {
  node.expect_keys({"gain", "notification_interval", "alpha_period", "increase_period",
                    "increase_bytes", "recovery_steps", "additive", "hyper", "least"});
  read_part(node, "gain", dcqcn.gain);
  read(node, "notification_interval", period_min, dcqcn.notification_interval);
  read(node, "alpha_period", period_min, dcqcn.alpha_period);
  read(node, "increase_period", period_min, dcqcn.increase_period);
  read(node, "increase_bytes", dcqcn.increase_bytes);
  if (dcqcn.increase_bytes < sim::Bytes{1}) {
    node.at("increase_bytes").fail("expected at least a byte");
  }
  read(node, "recovery_steps", 1, dcqcn.recovery_steps);
  read(node, "additive", dcqcn.additive);
  read(node, "hyper", dcqcn.hyper);
  read(node, "least", dcqcn.least);
  if (dcqcn.least < rate_min) {
    node.at("least").fail(
        fmt::format("expected at least 1 Mb/s, got '{}'", node.at("least").text()));
  }
}

/// How fast senders send, and the marks that they mind.
void read_control(const sim::ConfigNode& packet, sim::EthernetOptions& ethernet) {
  if (const auto control = packet.find("control")) {
    ethernet.control = static_cast<sim::CongestionControl>(
        control->choice(sim::congestion_control_names, "congestion control"));
  }
  if (ethernet.control == sim::CongestionControl::none) {
    refuse(packet, "mark", "control", "dcqcn");
  }
  if (const auto mark = packet.find("mark")) {
    read_marks(*mark, ethernet);
  }
  if (ethernet.control != sim::CongestionControl::dcqcn) {
    refuse(packet, "dcqcn", "control", "dcqcn");
  } else if (const auto dcqcn = packet.find("dcqcn")) {
    read_dcqcn(*dcqcn, ethernet.dcqcn);
  }
  if (ethernet.control != sim::CongestionControl::dctcp) {
    refuse(packet, "dctcp", "control", "dctcp");
  } else if (const auto dctcp = packet.find("dctcp")) {
    dctcp->expect_keys({"gain", "first_window"});
    read_part(*dctcp, "gain", ethernet.dctcp.gain);
    read(*dctcp, "first_window", 1, ethernet.dctcp.first_window);
  }
}

}  // namespace

sim::EthernetOptions read_ethernet(const sim::ConfigNode& packet) {
  sim::EthernetOptions ethernet;
  read(packet, "buffer", ethernet.buffer);
  if (const auto loss = packet.find("loss")) {
    ethernet.loss = static_cast<sim::Loss>(loss->choice(sim::loss_names, "way to lose"));
  }
  if (ethernet.loss == sim::Loss::pause) {
    refuse(packet, "share", "loss", "drop");
    read(packet, "pause_above", ethernet.pause_above);
    read(packet, "resume_below", ethernet.resume_below);
    if (packet.find("pause_above") && !packet.find("resume_below")) {
      ethernet.resume_below = ethernet.pause_above / 2;
    }
    if (ethernet.pause_above >= ethernet.buffer) {
      packet.fail(fmt::format("links pause above {}, but a switch has no more than {} for all",
                              sim::to_text(ethernet.pause_above), sim::to_text(ethernet.buffer)),
                  "give a larger 'buffer', or a lower 'pause_above'");
    }
    if (ethernet.resume_below > ethernet.pause_above) {
      packet.at("resume_below")
          .fail(fmt::format("a link that pauses above {} cannot resume below {}",
                            sim::to_text(ethernet.pause_above),
                            sim::to_text(ethernet.resume_below)));
    }
  } else {
    refuse(packet, "pause_above", "loss", "pause");
    refuse(packet, "resume_below", "loss", "pause");
    if (const auto share = packet.find("share")) {
      constexpr double share_max = 1024;
      ethernet.share = share->number(0, share_max);
    }
  }
  read_control(packet, ethernet);
  ethernet.retry_after = ethernet.loss == sim::Loss::pause ? silence_is_failure : silence_is_loss;
  read(packet, "retry_after", period_min, ethernet.retry_after);
  read(packet, "retries", 0, ethernet.retries);
  if (const auto statistics = packet.find("statistics")) {
    ethernet.statistics_interval = statistics->duration();
  }
  return ethernet;
}

}  // namespace cli
