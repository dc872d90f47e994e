# Writes OUT, a source that holds files as raw string literals: PAGE, STYLE, SCRIPTS (a list, joined),
# CHARTS and CHART_VERSION. Run as: cmake -D... -P embed.cmake
set(fence "report_part")

function(read_part file result)
  file(READ "${file}" text)
  string(FIND "${text}" ")${fence}\"" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} has what ends a literal: )${fence}\"")
  endif()
  set(${result} "R\"${fence}(${text})${fence}\"" PARENT_SCOPE)
endfunction()

read_part("${PAGE}" page)
read_part("${STYLE}" style)
read_part("${CHARTS}" charts)
set(script "")
foreach(file IN LISTS SCRIPTS)
  read_part("${file}" part)
  string(APPEND script "\n    ${part}")
endforeach()

file(WRITE "${OUT}.new"
     "// Made by cli/report/embed.cmake.\n"
     "#include \"cli/report/assets.hpp\"\n\n"
     "namespace cli {\n\n"
     "ReportAssets report_assets() {\n"
     "  return {.page = ${page},\n"
     "          .style = ${style},\n"
     "          .script = ${script},\n"
     "          .charts = ${charts},\n"
     "          .chart_version = \"${CHART_VERSION}\"};\n"
     "}\n\n"
     "}  // namespace cli\n")
file(RENAME "${OUT}.new" "${OUT}")
