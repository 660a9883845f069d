// What REDUCE, NEWOBJ, BUILD and BINPERSID do for the names of pickle_globals.h. Private to the
// pickle reader. Errors: kDataLoss with the bare problem; the machine adds the place.
#pragma once

#include <span>

#include "sextant/base/error.h"
#include "sextant/io/pickle_builder.h"
#include "sextant/io/pickle_globals.h"

namespace sextant::io {

// REDUCE.
Result<PickleValue> call_pickle_global(PickleBuilder& builder, const PickleGlobal& global,
                                       std::span<const PickleValue> arguments);

// NEWOBJ.
Result<PickleValue> new_pickle_object(PickleBuilder& builder, const PickleGlobal& type);

// BUILD: gives `object` its state.
Result<void> build_pickle_object(PickleBuilder& builder, const PickleValue& object,
                                 const PickleValue& state);

// BINPERSID: ('storage', type, key, location, elements[, view]).
Result<PickleValue> load_pickle_storage(PickleBuilder& builder, const PickleValue& id);

// The name as Python writes it: "torch.FloatStorage".
std::string qualified_name(const PickleGlobal& global);

}  // namespace sextant::io
