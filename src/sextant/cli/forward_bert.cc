// sextant forward on bert: input_ids [B,T] to last_hidden_state [B,T,D], and logits [B,K] where the
// model has a head.
#include <algorithm>
#include <optional>
#include <utility>

#include "sextant/base/checked.h"
#include "sextant/cli/forward.h"
#include "sextant/lm/bert_model.h"

namespace sextant::cli {
namespace {

// An I64 or I32 tensor [B,T] of numbers from `low` to `high`.
template <class T>
Result<std::vector<T>> read_rows(const io::TensorSource& input, std::string_view name,
                                 const Shape& shape) {
  SEXTANT_TRY(const TensorView view, input.view(name));
  const bool integers = view.dtype == DType::kI64 || view.dtype == DType::kI32;
  if (!integers || view.shape != shape) {
    return fail(ErrorCode::kInvalidArgument,
                "[cli/forward] tensor \"{}\": expected I64 {}, found {} {}", name, to_string(shape),
                to_string(view.dtype), to_string(view.shape));
  }
  std::vector<T> out;
  const auto put = [&](auto values) -> Result<void> {
    for (const auto value : values) {
      if (!std::in_range<T>(value)) {
        return fail(ErrorCode::kInvalidArgument,
                    "[cli/forward] tensor \"{}\": expected numbers from {} to {}, found {} at {}",
                    name, int64_t{std::numeric_limits<T>::min()},
                    int64_t{std::numeric_limits<T>::max()}, int64_t{value}, out.size());
      }
      out.push_back(static_cast<T>(value));
    }
    return {};
  };
  SEXTANT_TRY_VOID(view.dtype == DType::kI64 ? put(view.as<int64_t>()) : put(view.as<int32_t>()));
  return out;
}

// The B sequences of the input, T tokens each.
Result<lm::BertInput> read_input(const io::TensorSource& source, Shape& shape) {
  SEXTANT_TRY(const TensorView ids, source.view("input_ids"));
  shape = ids.shape;
  if (shape.size() != 2 || ids.elements() == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "[cli/forward] tensor \"input_ids\": expected I64 [B,T] with at least one token, "
                "found {} {}",
                to_string(ids.dtype), to_string(shape));
  }
  lm::BertInput input;
  SEXTANT_TRY(input.ids, read_rows<int32_t>(source, "input_ids", shape));
  input.lengths.assign(static_cast<size_t>(shape[0]), shape[1]);
  if (source.find("token_type_ids") != nullptr) {
    SEXTANT_TRY(input.types, read_rows<int32_t>(source, "token_type_ids", shape));
  }
  if (source.find("attention_mask") != nullptr) {
    SEXTANT_TRY(input.seen, read_rows<uint8_t>(source, "attention_mask", shape));
  }
  return input;
}

class ForwardBert : public ForwardFamily {
 public:
  std::vector<std::string_view> names() const override { return {"bert"}; }
  std::string_view model() const override { return "a Hugging Face folder"; }
  std::string_view inputs() const override {
    return "input_ids I64 [B,T]; optional attention_mask I64 [B,T], token_type_ids I64 [B,T]";
  }
  std::string_view outputs() const override {
    return "last_hidden_state F32 [B,T,D]; logits F32 [B,K] where there is a head";
  }
  std::vector<ForwardSetting> settings() const override { return {}; }

  std::optional<std::string> recognise(const std::filesystem::path& model) const override {
    return lm::read_bert_config(model) ? std::optional<std::string>("bert") : std::nullopt;
  }

  Result<std::vector<OutputTensor>> run(const ForwardRequest& request,
                                        const Context& context) const override {
    Shape shape;
    SEXTANT_TRY(const lm::BertInput input, read_input(request.input, shape));
    SEXTANT_TRY(const lm::Bert bert, lm::load_bert(request.model, context));
    SEXTANT_TRY_VOID(bert.check(input));
    OutputTensor hidden{"last_hidden_state", {shape[0], shape[1], bert.config().dim}, {}};
    OutputTensor logits{"logits", {shape[0], bert.classes()}, {}};
    SEXTANT_TRY(const int64_t values, element_count(hidden.shape));
    hidden.values.reserve(static_cast<size_t>(values));
    // One by one: the work space is then that of one sequence.
    lm::BertScratch scratch;
    const auto tokens = static_cast<size_t>(shape[1]);
    for (size_t b = 0; b < input.lengths.size(); ++b) {
      if (context.cancelled()) {
        return fail(ErrorCode::kCancelled, "[cli/forward] stopped at sequence {}", b);
      }
      const auto part = [&](const auto& all) {
        using Values = std::decay_t<decltype(all)>;
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(b * tokens);
        return all.empty() ? Values() : Values(begin, begin + shape[1]);
      };
      const lm::BertInput one = {.ids = part(input.ids),
                                 .lengths = {shape[1]},
                                 .types = part(input.types),
                                 .seen = part(input.seen)};
      const auto states = bert.forward(one, scratch, context.pool);
      hidden.values.insert(hidden.values.end(), states.begin(), states.end());
      if (bert.classes() > 0) {
        const auto row = bert.logits(states, one.lengths, context.pool);
        logits.values.insert(logits.values.end(), row.begin(), row.end());
      }
    }
    std::vector<OutputTensor> out;
    out.push_back(std::move(hidden));
    if (bert.classes() > 0) {
      out.push_back(std::move(logits));
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<ForwardFamily> make_forward_bert() { return std::make_unique<ForwardBert>(); }

}  // namespace sextant::cli
