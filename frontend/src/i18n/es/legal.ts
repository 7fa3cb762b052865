export default {
  legal: {
    withdrawal: "Desistir del contrato aquí",
    cancellation: "Cancelar contratos aquí",
    title: "Información legal",
    imprint: "Aviso legal",
    privacy: "Privacidad",
    terms: "Condiciones",
  },
  links: {
    title: "Enlaces en mensajes",
    text: "Quien tenga uno de estos enlaces abre este documento sin iniciar sesión y puede pagarlo.",
    none: "No se ha enviado ningún mensaje con enlace.",
    until: "Válido hasta {{ date }}",
    ended: "Terminado {{ date }}",
    opened_one: "Abierto {{ n }} vez",
    opened_other: "Abierto {{ n }} veces",
    end: "Anular los enlaces",
    done: "Los enlaces ya no llevan a ninguna parte.",
  },
};
