#include "sextant/train/labelled_text.h"

#include <algorithm>
#include <charconv>

#include "sextant/base/json.h"
#include "sextant/train/dataset.h"

namespace sextant::train {
namespace {

constexpr size_t kMostLineBytes = size_t{8} << 20;
constexpr int64_t kMostLabel = 1 << 20;  // a class costs memory later
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

constexpr std::string_view kInteger = "an integer of 0 to 1048576";

// Lines without their ends, which may be \n or \r\n.
class Lines {
 public:
  Lines(std::string_view bytes, std::string_view where) : rest_(bytes), where_(where) {
    if (rest_.starts_with(kByteOrderMark)) {
      rest_.remove_prefix(kByteOrderMark.size());
    }
  }

  // False behind the last one.
  bool next(std::string_view& line) {
    if (rest_.empty()) {
      return false;
    }
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    ++number_;
    return true;
  }

  template <class... Args>
  Failure fail_here(ErrorCode code, std::string_view pattern, const Args&... args) const {
    return fail(code, "[train/labelled_text] line {}: {} ({})", number_, format(pattern, args...),
                where_);
  }

 private:
  std::string_view rest_;
  std::string_view where_;
  int64_t number_ = 0;
};

size_t count_fields(std::string_view line) {
  return static_cast<size_t>(std::count(line.begin(), line.end(), '\t')) + 1;
}

std::string_view field(std::string_view line, size_t index) {
  for (; index > 0; --index) {
    line.remove_prefix(line.find('\t') + 1);
  }
  return line.substr(0, line.find('\t'));
}

// The columns of a TSV file by their places.
class Header {
 public:
  Header(std::string_view line, bool named) : fields_(count_fields(line)) {
    for (size_t i = 0; i < fields_ && i < kMostNames; ++i) {
      names_.push_back(named ? std::string(field(line, i)) : std::to_string(i + 1));
    }
  }

  size_t fields() const { return fields_; }

  Result<size_t> find(std::string_view name, std::string_view where) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end() && std::count(names_.begin(), names_.end(), name) == 1) {
      return static_cast<size_t>(found - names_.begin());
    }
    std::string known;
    for (const std::string& each : names_) {
      known += (known.empty() ? "" : ", ") + each;
    }
    return fail(ErrorCode::kNotFound,
                "[train/labelled_text] column \"{}\": expected it once, the columns are {} ({})",
                name, printable(known), where);
  }

 private:
  static constexpr size_t kMostNames = 1000;
  size_t fields_;
  std::vector<std::string> names_;
};

Result<int64_t> label_from_text(std::string_view text, const LabelledColumns& columns,
                                const Lines& lines) {
  const auto& names = columns.label_names;
  if (names.empty()) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 ||
        value > kMostLabel) {
      return lines.fail_here(ErrorCode::kDataLoss, "label: expected {}, found \"{}\"", kInteger,
                             printable(text));
    }
    return value;
  }
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    std::string known;
    for (const std::string& name : names) {
      known += (known.empty() ? "" : ", ") + name;
    }
    return lines.fail_here(ErrorCode::kDataLoss, "label: expected one of {}, found \"{}\"", known,
                           printable(text));
  }
  return found - names.begin();
}

// The member of that name, or null.
const Json* member(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

Result<int64_t> label_from_json(const Json& object, const LabelledColumns& columns,
                                const Lines& lines) {
  const Json* label = member(object, columns.label);
  if (label == nullptr) {
    return lines.fail_here(ErrorCode::kDataLoss, "expected the key \"{}\", found none",
                           columns.label);
  }
  if (label->is_string()) {
    return label_from_text(label->get_ref<const std::string&>(), columns, lines);
  }
  const auto classes = static_cast<uint64_t>(columns.label_names.size());
  if (!label->is_number_integer() || *label < 0 || *label > kMostLabel ||
      (classes > 0 && label->get<uint64_t>() >= classes)) {
    return lines.fail_here(
        ErrorCode::kDataLoss, "label: expected {}, found {}",
        classes > 0 ? format("0 to {} or a name", classes - 1) : std::string(kInteger),
        printable(label->dump(-1, ' ', true, Json::error_handler_t::replace)));
  }
  return label->get<int64_t>();
}

}  // namespace

Result<void> read_labelled_tsv(std::string_view bytes, const LabelledColumns& columns,
                               std::string_view where, const LabelledRow& row) {
  Lines lines(bytes, where);
  std::string_view line;
  if (Lines first = lines; !first.next(line)) {
    return fail(ErrorCode::kDataLoss,
                "[train/labelled_text] expected rows, found an empty file ({})", where);
  }
  const Header header(line, columns.header);
  if (columns.header) {
    lines.next(line);
  }
  SEXTANT_TRY(const size_t text, header.find(columns.text, where));
  size_t label = 0;
  if (!columns.label.empty()) {
    SEXTANT_TRY(label, header.find(columns.label, where));
  }
  while (lines.next(line)) {
    if (line.size() > kMostLineBytes) {
      return lines.fail_here(ErrorCode::kOutOfRange, "expected at most {} bytes, found {}",
                             kMostLineBytes, line.size());
    }
    if (count_fields(line) != header.fields()) {
      return lines.fail_here(ErrorCode::kDataLoss, "expected {} fields, found {}", header.fields(),
                             count_fields(line));
    }
    int64_t value = kIgnoredLabel;
    if (!columns.label.empty()) {
      SEXTANT_TRY(value, label_from_text(field(line, label), columns, lines));
    }
    SEXTANT_TRY_VOID(row(field(line, text), value));
  }
  return {};
}

Result<void> read_labelled_jsonl(std::string_view bytes, const LabelledColumns& columns,
                                 std::string_view where, const LabelledRow& row) {
  Lines lines(bytes, where);
  std::string_view line;
  while (lines.next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      continue;
    }
    const auto object =
        parse_json(line, where,
                   {.max_bytes = kMostLineBytes, .max_depth = 16, .base_memory = size_t{16} << 20});
    if (!object) {
      return lines.fail_here(object.error().code, "{}", object.error().message);
    }
    const Json* text = object->is_object() ? member(*object, columns.text) : nullptr;
    if (text == nullptr || !text->is_string()) {
      return lines.fail_here(ErrorCode::kDataLoss,
                             "expected an object with a text \"{}\", found {}", columns.text,
                             object->is_object() ? "none" : object->type_name());
    }
    int64_t value = kIgnoredLabel;
    if (!columns.label.empty()) {
      SEXTANT_TRY(value, label_from_json(*object, columns, lines));
    }
    SEXTANT_TRY_VOID(row(text->get_ref<const std::string&>(), value));
  }
  return {};
}

}  // namespace sextant::train
