#include "sextant/train/metrics_log.h"

#include <cmath>
#include <limits>

#include "sextant/base/json.h"
#include "sextant/io/mapped_file.h"

namespace sextant::train {
namespace {

constexpr size_t kMostFigures = 1000;
constexpr size_t kMostLineBytes = size_t{1} << 20;

// Takes whole lines off `rest`; false where none is left.
bool next_line(std::string_view& rest, std::string_view& line) {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    return false;
  }
  line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return true;
}

Result<MetricsRecord> parse_record(std::string_view line, int64_t number, std::string_view where) {
  const auto bad = [&](std::string_view what) {
    return fail(ErrorCode::kDataLoss, "[train/metrics_log] line {}: {} ({})", number, what, where);
  };
  const auto json = parse_json(
      line, where, {.max_bytes = kMostLineBytes, .max_depth = 2, .base_memory = size_t{8} << 20});
  if (!json) {
    return bad(json.error().message);
  }
  if (!json->is_object() || json->size() > kMostFigures) {
    return bad("expected an object of at most 1000 figures, found something else");
  }
  const auto step = json->find("step");
  if (step == json->end() || !step->is_number_integer() || *step < 0 ||
      *step > std::numeric_limits<int64_t>::max()) {
    return bad("step: expected an integer of 0 or more");
  }
  MetricsRecord record{.step = step->get<int64_t>()};
  for (const auto& [name, value] : json->items()) {
    if (!value.is_number() && !value.is_null()) {
      return bad(format("\"{}\": expected a number or null, found {}", printable(name),
                        value.type_name()));
    }
    const double number_value =
        value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
    if (name == "time") {
      record.time = number_value;
    } else if (name != "step") {
      record.figures.emplace_back(name, number_value);
    }
  }
  return record;
}

// Calls each(record, bytes up to its end) until that returns false.
template <class Each>
Result<void> for_each_record(std::string_view text, std::string_view where, Each&& each) {
  std::string_view rest = text;
  std::string_view line;
  for (int64_t number = 1; next_line(rest, line); ++number) {
    SEXTANT_TRY(const MetricsRecord record, parse_record(line, number, where));
    if (!each(record, static_cast<int64_t>(text.size() - rest.size()))) {
      break;
    }
  }
  return {};
}

}  // namespace

Result<MetricsLog> MetricsLog::open(const std::filesystem::path& path, int64_t resumed_step) {
  int64_t kept = 0;
  std::error_code ignored;
  if (resumed_step >= 0 && std::filesystem::exists(path, ignored)) {
    SEXTANT_TRY(const auto file, io::MappedFile::open(path, io::LoadMode::kRead));
    const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()),
                                file.bytes().size());
    SEXTANT_TRY_VOID(
        for_each_record(text, path.string(), [&](const MetricsRecord& record, int64_t end) {
          const bool keep = record.step <= resumed_step;
          kept = keep ? end : kept;
          return keep;
        }));
  }
  SEXTANT_TRY(AppendFile file, AppendFile::open(path, kept));
  return MetricsLog(std::move(file));
}

void MetricsLog::write(int64_t step, double time, std::span<const Figure> figures) {
  OrderedJson record;
  record["step"] = step;
  record["time"] = std::round(time * 1000) / 1000;
  for (const auto& [name, value] : figures) {
    SEXTANT_CHECK(name != "step" && name != "time", "a figure is called \"{}\"", name);
    // JSON has no NaN; the library writes null for what is not finite.
    record[std::string(name)] = value;
  }
  const std::string line =
      record.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
  file_.append(std::as_bytes(std::span(line)));
}

Result<void> read_metrics(std::string_view text, std::string_view where,
                          const std::function<void(const MetricsRecord&)>& record) {
  return for_each_record(text, where, [&](const MetricsRecord& each, int64_t) {
    record(each);
    return true;
  });
}

}  // namespace sextant::train
