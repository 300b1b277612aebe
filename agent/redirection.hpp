// A redirection in the device's own file: P237 and P212 as a URL's parts (the guide, chapters
// "Firmware and configuration server" and "Pre-configuration and configuration redirection"), for
// phones that have a file of ours already and would not look at DHCP again. Pure.
#pragma once

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

// Where the device is to go, from the redirection's URL template. {mac} and {class} are filled in;
// refused is what only the hook knows ({server}, {site}, {model}), and a scheme that P212 has no
// number for. A URL without a scheme is TFTP's, as in option 66.
Result<ParameterSet> redirect_parameters(const std::string& url, const Mac& mac,
                                         const DeviceClass& device_class);

} // namespace plugtone
