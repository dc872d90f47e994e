#pragma once
// What a datacenter Ethernet does with packets, and what its senders do about it.

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/units.hpp"

namespace sim {

/// What a switch does when it runs out of room.
enum class Loss : std::uint8_t {
  pause,  // tells the sender over a link to pause in time (priority flow control, 802.1Qbb): while
          // there is room for what still comes then, nothing is lost
  drop,   // loses the packet that comes; the sender goes back to it
};
inline constexpr std::array<std::string_view, 2> loss_names{"pause", "drop"};

/// How fast a sender sends.
enum class CongestionControl : std::uint8_t {
  none,   // as fast as its link takes it
  dcqcn,  // at a rate that marks slow down
  dctcp,  // so much at a time as a window allows, which marks make smaller
};
inline constexpr std::array<std::string_view, 3> congestion_control_names{"none", "dcqcn", "dctcp"};

/// Y. Zhu et al., "Congestion control for large-scale RDMA deployments", SIGCOMM 2015: section 3
/// has the algorithm, section 5 these values, found for 40 Gb/s.
struct DcqcnOptions {
  double gain = 1.0 / 256;           // g: how fast alpha follows the marks
  Duration notification_interval{};  // a receiver tells of marks no more often
  Duration alpha_period{};           // without a notification alpha shrinks
  Duration increase_period{};        // the rate grows after this time
  Bytes increase_bytes{10'000'000};  // and after so much was sent
  std::int32_t recovery_steps = 5;   // F: first towards the rate before the cut
  Bandwidth additive{5'000'000};     // then by this: 40 Mb/s
  Bandwidth hyper{50'000'000};       // then by multiples of this: 400 Mb/s
  Bandwidth least{1'250'000};        // never slower: 10 Mb/s

  DcqcnOptions()
      : notification_interval{std::chrono::microseconds{50}},
        alpha_period{std::chrono::microseconds{55}},
        increase_period{std::chrono::microseconds{55}} {}
};

/// M. Alizadeh et al., "Data center TCP (DCTCP)", SIGCOMM 2010.
struct DctcpOptions {
  double gain = 1.0 / 16;          // g: how fast alpha follows the share of marked packets
  std::int32_t first_window = 10;  // packets (RFC 6928)
};

struct EthernetOptions {
  Bytes buffer{std::int64_t{32} << 20};  // of a switch, for all its ports
  double share = 1;                      // a queue may hold so many times what is free (drop)
  Loss loss = Loss::pause;
  Bytes pause_above{256 << 10};  // what a switch holds of one link's packets
  Bytes resume_below{248 << 10};

  // A packet that joins a queue is marked: never up to `mark_from`, with a probability that grows
  // from 0 to `mark_probability` at `mark_all`, and always above. The values are those of DCQCN.
  Bytes mark_from{5'000};
  Bytes mark_all{200'000};
  double mark_probability = 0.01;

  CongestionControl control = CongestionControl::dcqcn;
  DcqcnOptions dcqcn{};
  DctcpOptions dctcp{};

  // A sender that hears nothing for this time goes back; after so many times it gives up.
  Duration retry_after{};
  std::int32_t retries = 7;

  Duration statistics_interval{};  // of queues and pauses over time; 0: only their sums
};

}  // namespace sim
