#pragma once
// The files of a report's page, in the program: the build makes assets.cpp of them.

#include <string_view>

namespace cli {

struct ReportAssets {
  std::string_view page;    // report.html, with {{names}} where something goes
  std::string_view style;   // report.css
  std::string_view script;  // all *.js of the page, one after the other
  std::string_view charts;  // the library that draws charts
  std::string_view chart_version;
};

[[nodiscard]] ReportAssets report_assets();

}  // namespace cli
