#include "sextant/io/safetensors.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "sextant/base/checked.h"
#include "sextant/base/json.h"
#include "sextant/io/atomic_file.h"

namespace sextant::io {
namespace {

constexpr size_t kLengthBytes = 8;

// Takes the events of the JSON parser and builds the list of tensors; no document is built, so that
// a header of many small values costs no more than its tensors. Stops at the first breach.
class HeaderReader : public JsonEvents {
 public:
  explicit HeaderReader(std::string_view file) : file_(file) {}

  bool null() override { return wrong_value("null"); }
  bool boolean(bool) override { return wrong_value("a boolean"); }
  bool number_integer(number_integer_t value) override {
    return wrong_value(format("the number {}", value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return wrong_value(format("the number {}", printable(text, 40)));
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kList || value > std::numeric_limits<int64_t>::max()) {
      return wrong_value(format("the number {}", value));
    }
    if (list_.size() == kMaxTensorRank) {
      return breach(ErrorCode::kOutOfRange, "expected at most {} numbers, file has more",
                    kMaxTensorRank);
    }
    list_.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) {
      header_.metadata[key_] = value;
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype") {
      return wrong_value(format("the text \"{}\"", printable(value, 40)));
    }
    const auto dtype = dtype_from_name(value);
    if (!dtype || is_quantised(*dtype)) {
      return breach(ErrorCode::kUnsupported,
                    "expected F64, F32, F16, BF16, F8_E4M3, F8_E5M2, an integer type or BOOL, file "
                    "has \"{}\"",
                    printable(value, 40));
    }
    tensor_.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kFile;
    } else if (place_ == Place::kFile) {
      place_ = name_ == "__metadata__" ? Place::kMetadata : Place::kTensor;
    } else {
      return wrong_value("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor && !finish_tensor()) {
      return false;
    }
    place_ = Place::kFile;
    key_.clear();
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") {
      return wrong_value("a list");
    }
    list_.clear();
    place_ = Place::kList;
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    if (key_ == "shape") {
      tensor_.shape = list_;
      return true;
    }
    if (list_.size() != 2 || list_[0] > list_[1]) {
      return breach(ErrorCode::kDataLoss, "expected a begin and an end not before it, file has {}",
                    to_string(list_));
    }
    tensor_.offset = static_cast<uint64_t>(list_[0]);
    tensor_.bytes = list_[1] - list_[0];
    return true;
  }

  bool key(string_t& value) override {
    switch (place_) {
      case Place::kFile:
        return start_entry(value);
      case Place::kMetadata:
        return start_metadata(value);
      default:
        return start_field(value);
    }
  }

  SafetensorsHeader take() { return std::move(header_); }

 private:
  // Where the reader stands: before the header, among its entries, inside __metadata__, inside a
  // tensor's entry, inside one of its two lists.
  enum class Place { kStart, kFile, kMetadata, kTensor, kList };
  // The fields of one entry, as bits of what was seen.
  static constexpr std::array<std::string_view, 3> kFields = {"dtype", "shape", "data_offsets"};

  bool start_entry(const std::string& name) {
    name_ = name;
    if (name == "__metadata__") {
      return !std::exchange(has_metadata_, true) ||
             breach(ErrorCode::kDataLoss, "expected once, file has it twice");
    }
    if (!valid_tensor_name(name)) {
      return breach(ErrorCode::kOutOfRange,
                    "expected a name of at most {} bytes without control characters",
                    kMaxTensorNameBytes);
    }
    if (header_.tensors.size() == kSafetensorsMaxTensors) {
      return breach(ErrorCode::kOutOfRange, "expected at most {} tensors, file has more",
                    kSafetensorsMaxTensors);
    }
    tensor_ = TensorInfo();
    tensor_.name = name;
    tensor_.file = file_;
    seen_ = 0;
    return true;
  }

  bool start_metadata(const std::string& key) {
    key_ = key;
    if (header_.metadata.size() == kSafetensorsMaxMetadata) {
      return breach(ErrorCode::kOutOfRange, "expected at most {} entries, file has more",
                    kSafetensorsMaxMetadata);
    }
    return header_.metadata.emplace(key, "").second ||
           breach(ErrorCode::kDataLoss, "expected once, file has it twice");
  }

  bool start_field(const std::string& key) {
    key_ = key;
    for (size_t i = 0; i < kFields.size(); ++i) {
      if (kFields[i] == key) {
        const unsigned bit = 1U << i;
        return (std::exchange(seen_, seen_ | bit) & bit) == 0 ||
               breach(ErrorCode::kDataLoss, "expected once, file has it twice");
      }
    }
    return breach(ErrorCode::kDataLoss, "expected only dtype, shape and data_offsets");
  }

  // The shape alone gives the size, so what the offsets say must agree: no reader may trust one of
  // the two and allocate or read by the other.
  bool finish_tensor() {
    key_.clear();
    for (size_t i = 0; i < kFields.size(); ++i) {
      if ((seen_ & (1U << i)) == 0) {
        return breach(ErrorCode::kDataLoss, "expected a field {}, file has none", kFields[i]);
      }
    }
    const auto size = byte_count(tensor_.dtype, tensor_.shape);
    if (!size) {
      return breach(ErrorCode::kDataLoss, "{} does not fit in 63 bits", shape_text());
    }
    if (*size != tensor_.bytes) {
      return breach(ErrorCode::kDataLoss, "expected {} bytes for {}, file has {}", *size,
                    shape_text(), tensor_.bytes);
    }
    header_.tensors.push_back(std::move(tensor_));
    return true;
  }

  std::string shape_text() const {
    return format("{} {}", to_string(tensor_.dtype), to_string(tensor_.shape));
  }

  bool wrong_value(std::string_view found) {
    std::string_view expected = "an object";  // of the file, of a tensor
    if (place_ == Place::kMetadata || (place_ == Place::kTensor && key_ == "dtype")) {
      expected = "a text";
    } else if (place_ == Place::kTensor) {
      expected = "a list of integers";
    } else if (place_ == Place::kList) {
      expected = "integers from 0 to 2^63";
    }
    return breach(ErrorCode::kDataLoss, "expected {}, file has {}", expected, found);
  }

  // Notes what is wrong at the present place; false, to stop the parser.
  template <class... Args>
  bool breach(ErrorCode code, std::string_view pattern, const Args&... args) {
    std::string where = "header";
    if (place_ != Place::kStart) {
      where = name_ == "__metadata__" ? name_ : format("tensor \"{}\"", printable(name_));
      where += key_.empty() ? "" : ", " + printable(key_, 40);
    }
    return stop({.code = code,
                 .message = format("[io/safetensors] {}: {} ({})", where, format(pattern, args...),
                                   file_)});
  }

  std::string_view file_;
  SafetensorsHeader header_;
  Place place_ = Place::kStart;
  std::string name_;  // of the entry of the file that is being read
  std::string key_;   // inside that entry
  TensorInfo tensor_;
  unsigned seen_ = 0;
  bool has_metadata_ = false;
  Shape list_;
};

uint64_t read_length(std::span<const std::byte> file) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(file[i]) << (8 * i);
  }
  return length;
}

// The header's text without its padding.
Result<std::string_view> header_text(std::span<const std::byte> file, std::string_view name) {
  if (file.size() < kLengthBytes) {
    return fail(ErrorCode::kDataLoss,
                "[io/safetensors] header length: expected {} bytes, file has {} ({})", kLengthBytes,
                file.size(), name);
  }
  const uint64_t length = read_length(file);
  if (length > kSafetensorsMaxHeader) {
    return fail(ErrorCode::kOutOfRange,
                "[io/safetensors] header: expected at most {} bytes, file says {} ({})",
                kSafetensorsMaxHeader, length, name);
  }
  if (length > file.size() - kLengthBytes) {
    return fail(ErrorCode::kDataLoss,
                "[io/safetensors] header: expected {} bytes, file has {} after the length ({})",
                length, file.size() - kLengthBytes, name);
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes, length);
  const size_t last = text.find_last_not_of(' ');
  if (text.empty() || text.front() != '{' || text[last] != '}') {
    return fail(ErrorCode::kDataLoss,
                "[io/safetensors] header: expected a JSON object from the first byte and only "
                "spaces after it ({})",
                name);
  }
  return text.substr(0, last + 1);
}

// Sorts by offset and checks that the tensors fill the data without holes and overlap.
Result<void> check_layout(std::vector<TensorInfo>& tensors, uint64_t data_size,
                          std::string_view name) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
  });
  uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.offset != end) {
      return fail(ErrorCode::kDataLoss,
                  "[io/safetensors] tensor \"{}\": expected to begin at byte {} of the data, where "
                  "the one before ends, file has {} ({})",
                  printable(tensor.name), end, tensor.offset, name);
    }
    end += static_cast<uint64_t>(tensor.bytes);  // both below 2^63: no overflow
  }
  if (end != data_size) {
    return fail(ErrorCode::kDataLoss,
                "[io/safetensors] data: expected {} bytes for {} tensors, file has {} ({})", end,
                tensors.size(), data_size, name);
  }
  return {};
}

// Compared after the parser has undone escapes: "a" and "\u0061" are one name. A sorted list costs
// less memory than a set of 200 000 strings.
Result<void> check_unique(const std::vector<TensorInfo>& tensors, std::string_view file) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) {
    names.emplace_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return fail(ErrorCode::kDataLoss,
                "[io/safetensors] tensor \"{}\": expected once, file has it twice ({})",
                printable(*twice), file);
  }
  return {};
}

class SafetensorsSource : public TensorSource {
 public:
  SafetensorsSource(MappedFile file, SafetensorsHeader header)
      : file_(std::move(file)), header_(std::move(header)) {}

  std::string_view format() const override { return "safetensors"; }
  std::span<const TensorInfo> tensors() const override { return header_.tensors; }
  const std::map<std::string, std::string>& metadata() const override { return header_.metadata; }

 protected:
  TensorView view_at(size_t index) const override {
    const TensorInfo& tensor = header_.tensors[index];
    return {file_.bytes().data() + tensor.offset, tensor.dtype, tensor.shape, {}};
  }

 private:
  MappedFile file_;
  SafetensorsHeader header_;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors(std::span<const std::byte> file,
                                            std::string_view name) {
  SEXTANT_TRY(const std::string_view text, header_text(file, name));
  HeaderReader reader(name);
  SEXTANT_TRY_VOID(read_json(text, format("header of {}", name), {}, reader));
  SafetensorsHeader header = reader.take();
  const uint64_t data_begin = kLengthBytes + read_length(file);
  SEXTANT_TRY_VOID(check_unique(header.tensors, name));
  SEXTANT_TRY_VOID(check_layout(header.tensors, file.size() - data_begin, name));
  for (TensorInfo& tensor : header.tensors) {
    tensor.offset += data_begin;  // from now on in the file
  }
  return header;
}

Result<std::unique_ptr<TensorSource>> open_safetensors(const std::filesystem::path& path,
                                                       LoadMode mode) {
  SEXTANT_TRY(MappedFile file, MappedFile::open(path, mode));
  SEXTANT_TRY(SafetensorsHeader header, parse_safetensors(file.bytes(), path.filename().string()));
  return std::make_unique<SafetensorsSource>(std::move(file), std::move(header));
}

namespace {

// Checks the tensors to write and puts them into their order in the file.
Result<std::vector<const NamedTensor*>> in_file_order(std::span<const NamedTensor> tensors) {
  std::vector<const NamedTensor*> order;
  std::set<std::string_view> names;
  for (const NamedTensor& tensor : tensors) {
    const bool reserved = tensor.name == "__metadata__";
    if (reserved || !valid_tensor_name(tensor.name) || !names.insert(tensor.name).second) {
      return fail(ErrorCode::kInvalidArgument,
                  "[io/safetensors] tensor \"{}\": expected each name once, at most {} bytes, "
                  "without control characters",
                  printable(tensor.name), kMaxTensorNameBytes);
    }
    if (is_quantised(tensor.view.dtype)) {
      return fail(ErrorCode::kUnsupported,
                  "[io/safetensors] tensor \"{}\": expected plain elements, found {}", tensor.name,
                  to_string(tensor.view.dtype));
    }
    order.push_back(&tensor);
  }
  // By element size only, not by type: any order that never narrows and widens again is aligned.
  std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    const auto width = [](const NamedTensor* t) { return -info(t->view.dtype).block_bytes; };
    return std::pair(width(a), std::string_view(a->name)) <
           std::pair(width(b), std::string_view(b->name));
  });
  return order;
}

// A JSON string with its quotes; error where the text is not UTF-8.
Result<std::string> json_text(std::string_view text) {
  try {
    return Json(text).dump();
  } catch (const Json::type_error&) {
    return fail(ErrorCode::kInvalidArgument, "[io/safetensors] \"{}\": expected UTF-8",
                printable(text));
  }
}

Result<std::string> header_of(const std::vector<const NamedTensor*>& order,
                              const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  for (const auto& [key, value] : metadata) {
    text += text.size() == 1 ? "\"__metadata__\":{" : ",";
    SEXTANT_TRY(const std::string quoted_key, json_text(key));
    SEXTANT_TRY(const std::string quoted_value, json_text(value));
    text += quoted_key + ":" + quoted_value;
  }
  text += metadata.empty() ? "" : "}";
  size_t offset = 0;
  for (const NamedTensor* tensor : order) {
    const size_t end = offset + tensor->view.bytes().size();
    SEXTANT_TRY(const std::string name, json_text(tensor->name));
    text += format("{}{}:{{\"dtype\":\"{}\",\"shape\":{},\"data_offsets\":[{},{}]}}",
                   text.size() == 1 ? "" : ",", name, to_string(tensor->view.dtype),
                   to_string(tensor->view.shape), offset, end);
    offset = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the data begin at a multiple of 8
  if (text.size() > kSafetensorsMaxHeader) {
    return fail(ErrorCode::kOutOfRange,
                "[io/safetensors] header: expected at most {} bytes, {} tensors need {}",
                kSafetensorsMaxHeader, order.size(), text.size());
  }
  return text;
}

}  // namespace

Result<void> write_safetensors(const std::filesystem::path& path,
                               std::span<const NamedTensor> tensors,
                               const std::map<std::string, std::string>& metadata) {
  SEXTANT_TRY(const auto order, in_file_order(tensors));
  SEXTANT_TRY(const std::string header, header_of(order, metadata));
  std::array<char, kLengthBytes> length;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length[i] = static_cast<char>(header.size() >> (8 * i));
  }
  SEXTANT_TRY(AtomicFile file, AtomicFile::create(path));
  SEXTANT_TRY_VOID(file.write(std::string_view(length.data(), length.size())));
  SEXTANT_TRY_VOID(file.write(header));
  for (const NamedTensor* tensor : order) {
    SEXTANT_TRY_VOID(file.write(tensor->view.bytes()));
  }
  return file.commit();
}

}  // namespace sextant::io
