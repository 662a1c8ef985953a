/*===- Support.h - What the C headers share
--------------------------------===*\
|*
|* Part of the nnq project.
|*
\*===----------------------------------------------------------------------===*/

#ifndef NNQ_C_SUPPORT_H
#define NNQ_C_SUPPORT_H

#if defined(__GNUC__)
#define NNQ_EXPORT __attribute__((visibility("default")))
#else
#define NNQ_EXPORT
#endif

#endif /* NNQ_C_SUPPORT_H */
